#include "disk/win32/ring_file.h"

#include <algorithm>
#include <utility>

#include "disk/win32/open_file.h"

namespace ebbcache {
namespace {

/// The maximum of one call, which counts in 32 bits.
constexpr uint64_t kMaxBytesAtOnce = uint64_t{1} << 30U;
/// The offset is far behind any byte that a file has: others could not read a locked byte.
constexpr uint64_t kLockedByte = uint64_t{1} << 62U;

IoError ioErrorOf(DWORD error) {
  switch (error) {
    case ERROR_SUCCESS:
      return IoError::kNone;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_QUOTA_EXCEEDED:
    case ERROR_FILE_TOO_LARGE:
      return IoError::kNoSpace;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
      return IoError::kDenied;
    default:
      return IoError::kOther;
  }
}

IoError errorOf(BOOL isDone) {
  return isDone != 0 ? IoError::kNone : ioErrorOf(::GetLastError());
}

class Win32RingFile final : public RingFile {
 public:
  Win32RingFile(Handle file, const FileIdentity& identity, bool isReadOnly)
      : file_(std::move(file)), identity_(identity), isReadOnly_(isReadOnly) {}

  ~Win32RingFile() override {
    // The system releases the locks of a closed handle only some time later.
    unlock();
  }

  IoResult read(uint64_t at, MutableBytes to) const override {
    IoResult result;
    while (result.bytes < to.size) {
      const uint64_t asked = std::min(to.size - result.bytes, kMaxBytesAtOnce);
      OVERLAPPED place = overlappedAt(at + result.bytes);
      DWORD got = 0;
      const BOOL isDone =
          ::ReadFile(file_.get(), to.data + result.bytes, static_cast<DWORD>(asked), &got, &place);
      result.bytes += got;
      if (isDone != 0 && got > 0) continue;
      const DWORD error = isDone != 0 ? ERROR_HANDLE_EOF : ::GetLastError();
      if (error != ERROR_HANDLE_EOF) result.error = ioErrorOf(error);
      break;
    }
    return result;
  }

  IoResult write(uint64_t at, std::string_view bytes) override {
    IoResult result;
    while (result.bytes < bytes.size()) {
      const std::string_view rest = bytes.substr(result.bytes, kMaxBytesAtOnce);
      OVERLAPPED place = overlappedAt(at + result.bytes);
      DWORD put = 0;
      const BOOL isDone =
          ::WriteFile(file_.get(), rest.data(), static_cast<DWORD>(rest.size()), &put, &place);
      result.bytes += put;
      if (isDone != 0 && put > 0) continue;
      result.error = isDone != 0 ? IoError::kOther : ioErrorOf(::GetLastError());
      break;
    }
    return result;
  }

  IoError resize(uint64_t bytes) override {
    if (isReadOnly_) return IoError::kDenied;
    FILE_END_OF_FILE_INFO end = {};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(bytes);
    return errorOf(::SetFileInformationByHandle(file_.get(), FileEndOfFileInfo, &end, sizeof end));
  }

  IoError sync() override {
    // The system refuses this for a handle that may not write; it has written nothing.
    return isReadOnly_ ? IoError::kNone : errorOf(::FlushFileBuffers(file_.get()));
  }

  IoError size(uint64_t& bytes) const override {
    LARGE_INTEGER found = {};
    if (::GetFileSizeEx(file_.get(), &found) == 0) return ioErrorOf(::GetLastError());
    bytes = static_cast<uint64_t>(found.QuadPart);
    return IoError::kNone;
  }

  FileIdentity identity() const override { return identity_; }
  bool isReadOnly() const override { return isReadOnly_; }

  Lock tryLock() override {
    // The locks of one handle exclude each other too.
    if (isLocked_) return Lock::kHeld;
    const DWORD error = tryLockByte(file_.get(), kLockedByte);
    isLocked_ = error == ERROR_SUCCESS;
    if (isLocked_) return Lock::kHeld;
    return error == ERROR_LOCK_VIOLATION ? Lock::kBusy : Lock::kFailed;
  }

  void unlock() override {
    if (isLocked_) unlockByte(file_.get(), kLockedByte);
    isLocked_ = false;
  }

 private:
  const Handle file_;
  const FileIdentity identity_;
  const bool isReadOnly_;
  bool isLocked_ = false;
};

}  // namespace

std::unique_ptr<RingFile> ringFileOf(Handle file, const FileIdentity& identity, bool isReadOnly) {
  return std::make_unique<Win32RingFile>(std::move(file), identity, isReadOnly);
}

}  // namespace ebbcache
