#include "disk/posix/ring_file.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "disk/posix/system_calls.h"

namespace ebbcache {
namespace {

/// The maximum of one call: macOS takes at most 2 GiB.
constexpr size_t kMaxBytesAtOnce = size_t{1} << 30U;

IoError ioErrorOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return IoError::kNoSpace;
    case EROFS:
    case EACCES:
    case EPERM:
    // The file was opened for reading only.
    case EBADF:
      return IoError::kDenied;
    default:
      return IoError::kOther;
  }
}

/// Repeats the call until no signal interrupts it.
template <typename Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixRingFile final : public RingFile {
 public:
  PosixRingFile(Descriptor file, const FileIdentity& identity, bool isReadOnly)
      : file_(std::move(file)), identity_(identity), isReadOnly_(isReadOnly) {
    prepareForShortReads(file_.number());
  }

  IoResult read(uint64_t at, MutableBytes to) const override {
    IoResult result;
    while (result.bytes < to.size) {
      char* const into = to.data + result.bytes;
      const size_t count = std::min<size_t>(to.size - result.bytes, kMaxBytesAtOnce);
      const auto from = static_cast<off_t>(at + result.bytes);
      const ssize_t got = uninterrupted([&] { return ::pread(file_.number(), into, count, from); });
      if (got == 0) break;
      if (got < 0) {
        result.error = ioErrorOf(errno);
        break;
      }
      result.bytes += static_cast<size_t>(got);
    }
    return result;
  }

  IoResult write(uint64_t at, std::string_view bytes) override {
    IoResult result;
    while (result.bytes < bytes.size()) {
      const std::string_view rest = bytes.substr(result.bytes, kMaxBytesAtOnce);
      const auto to = static_cast<off_t>(at + result.bytes);
      const ssize_t put =
          uninterrupted([&] { return ::pwrite(file_.number(), rest.data(), rest.size(), to); });
      if (put <= 0) {
        result.error = put == 0 ? IoError::kOther : ioErrorOf(errno);
        break;
      }
      result.bytes += static_cast<size_t>(put);
    }
    return result;
  }

  IoError resize(uint64_t bytes) override {
    // Systems report this error differently.
    if (isReadOnly_) return IoError::kDenied;
    const auto end = static_cast<off_t>(bytes);
    return errorOf(uninterrupted([&] { return ::ftruncate(file_.number(), end); }));
  }

  IoError sync() override {
    return errorOf(uninterrupted([&] { return syncData(file_.number()); }));
  }

  IoError size(uint64_t& bytes) const override {
    struct stat found = {};
    if (::fstat(file_.number(), &found) != 0) return ioErrorOf(errno);
    bytes = static_cast<uint64_t>(found.st_size);
    return IoError::kNone;
  }

  FileIdentity identity() const override { return identity_; }
  bool isReadOnly() const override { return isReadOnly_; }

  // flock is used, and no lock of fcntl: closing any descriptor of the file would release that one.
  Lock tryLock() override {
    const auto lock = [&] { return ::flock(file_.number(), LOCK_EX | LOCK_NB); };
    if (uninterrupted(lock) == 0) return Lock::kHeld;
    return errno == EWOULDBLOCK ? Lock::kBusy : Lock::kFailed;
  }

  void unlock() override { (void)::flock(file_.number(), LOCK_UN); }

 private:
  static IoError errorOf(int result) { return result == 0 ? IoError::kNone : ioErrorOf(errno); }

  const Descriptor file_;
  const FileIdentity identity_;
  const bool isReadOnly_;
};

}  // namespace

FileIdentity identityOf(const struct stat& found) {
  return {static_cast<uint64_t>(found.st_dev), static_cast<uint64_t>(found.st_ino)};
}

std::unique_ptr<RingFile> ringFileOf(Descriptor file, const struct stat& found, bool isReadOnly) {
  return std::make_unique<PosixRingFile>(std::move(file), identityOf(found), isReadOnly);
}

}  // namespace ebbcache
