#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "disk/leases.h"
#include "disk/posix/ring_file.h"
#include "disk/posix/system_calls.h"
#include "files/posix/descriptor.h"
#include "files/posix/plain_file.h"

namespace ebbcache {
namespace {

class PosixByteLocks final : public ByteLocks {
 public:
  PosixByteLocks(Descriptor file, const FileIdentity& identity)
      : file_(std::move(file)), identity_(identity) {}

  Result tryLock(uint64_t at) override {
    if (set(F_WRLCK, at)) return Result::kHeld;
    return errno == EAGAIN || errno == EACCES ? Result::kBusy : Result::kFailed;
  }

  void unlock(uint64_t at) override { (void)set(F_UNLCK, at); }

  bool isAt(const std::string& path) const override {
    struct stat found = {};
    return ::lstat(path.c_str(), &found) == 0 && identityOf(found) == identity_;
  }

 private:
  bool set(short type, uint64_t at) {
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(at);
    lock.l_len = 1;
    int result = 0;
    do {
      result = setByteLock(file_.number(), lock);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }

  const Descriptor file_;
  const FileIdentity identity_;
};

}  // namespace

std::unique_ptr<ByteLocks> ByteLocks::open(const std::string& path) {
  int ignored = 0;
  Descriptor file(openPlainFile(path, O_RDWR | O_CREAT, ignored));
  struct stat found = {};
  if (!file.isOpen() || ::fstat(file.number(), &found) != 0) return nullptr;
  return std::make_unique<PosixByteLocks>(std::move(file), identityOf(found));
}

}  // namespace ebbcache
