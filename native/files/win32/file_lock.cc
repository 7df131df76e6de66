// LockFileEx: it belongs to the handle, so two of one process exclude each other.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include "files/file_lock.h"

#include <windows.h>

#include <system_error>
#include <vector>

namespace ebbcache {
namespace {

std::string reasonOf(DWORD error) {
  return std::system_category().message(static_cast<int>(error));
}

HANDLE toHandle(intptr_t file) {
  return reinterpret_cast<HANDLE>(file);
}

/// Ends with a zero; empty for what is no UTF-8.
std::vector<wchar_t> toWide(const std::string& text) {
  const int bytes = static_cast<int>(text.size()) + 1;
  const int units =
      ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.c_str(), bytes, nullptr, 0);
  std::vector<wchar_t> wide(static_cast<size_t>(units));
  ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.c_str(), bytes, wide.data(), units);
  return wide;
}

bool isPlainFile(HANDLE file) {
  BY_HANDLE_FILE_INFORMATION found;
  constexpr DWORD kOthers = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
  return ::GetFileType(file) == FILE_TYPE_DISK && ::GetFileInformationByHandle(file, &found) != 0 &&
         (found.dwFileAttributes & kOthers) == 0;
}

/// One byte, far behind any that a file has: others could not read a byte that is locked.
OVERLAPPED lockedByte() {
  OVERLAPPED at = {};
  at.OffsetHigh = 0x7fffffff;
  return at;
}

void unlock(HANDLE file) {
  OVERLAPPED at = lockedByte();
  (void)::UnlockFileEx(file, 0, 1, 0, &at);
}

}  // namespace

bool FileLock::open(const std::string& path, std::string& why) {
  close();
  const std::vector<wchar_t> widePath = toWide(path);
  if (widePath.empty()) {
    why = reasonOf(ERROR_INVALID_NAME);
    return false;
  }
  const HANDLE file =
      ::CreateFileW(widePath.data(), GENERIC_READ | GENERIC_WRITE,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_ALWAYS,
                    FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    why = reasonOf(::GetLastError());
    return false;
  }
  if (!isPlainFile(file)) {
    why = "Not a plain file";
    ::CloseHandle(file);
    return false;
  }
  file_ = reinterpret_cast<intptr_t>(file);
  return true;
}

LockResult FileLock::tryLock(LockKind kind, std::string& why) {
  if (isHeld_ && held_ == kind) return LockResult::kHeld;
  const HANDLE file = toHandle(file_);
  // A handle's locks exclude each other too.
  if (isHeld_) unlock(file);
  OVERLAPPED at = lockedByte();
  const DWORD exclusive = kind == LockKind::kExclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0;
  isHeld_ = ::LockFileEx(file, exclusive | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at) != 0;
  held_ = kind;
  if (isHeld_) return LockResult::kHeld;
  const DWORD error = ::GetLastError();
  if (error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING) return LockResult::kBusy;
  why = reasonOf(error);
  return LockResult::kFailed;
}

void FileLock::close() {
  if (!isOpen()) return;
  // The system takes locks of a closed handle back when it finds the time.
  if (isHeld_) unlock(toHandle(file_));
  ::CloseHandle(toHandle(file_));
  file_ = kNone;
  isHeld_ = false;
}

}  // namespace ebbcache
