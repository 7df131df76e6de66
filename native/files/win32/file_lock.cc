// Locks by LockFileEx: the lock belongs to the handle, so two of one process exclude each other.
#include "files/file_lock.h"

#include "files/win32/plain_file.h"

namespace ebbcache {
namespace {

HANDLE toHandle(intptr_t file) {
  return reinterpret_cast<HANDLE>(file);
}

/// The lock covers one byte, far behind any that a file has: others could not read a locked byte.
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
  DWORD error = 0;
  Handle file = openPlainFile(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS, error);
  if (file == nullptr) {
    why = reasonOf(error);
    return false;
  }
  file_ = reinterpret_cast<intptr_t>(file.release());
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
  // The system releases the locks of a closed handle only some time later.
  if (isHeld_) unlock(toHandle(file_));
  ::CloseHandle(toHandle(file_));
  file_ = kNone;
  isHeld_ = false;
}

}  // namespace ebbcache
