#include <utility>

#include "disk/leases.h"
#include "disk/win32/open_file.h"

namespace ebbcache {
namespace {

class Win32ByteLocks final : public ByteLocks {
 public:
  Win32ByteLocks(Handle file, const FileIdentity& identity)
      : file_(std::move(file)), identity_(identity) {}

  Result tryLock(uint64_t at) override {
    const DWORD error = tryLockByte(file_.get(), at);
    if (error == ERROR_SUCCESS) return Result::kHeld;
    return error == ERROR_LOCK_VIOLATION ? Result::kBusy : Result::kFailed;
  }

  void unlock(uint64_t at) override { unlockByte(file_.get(), at); }

  bool isAt(const std::string& path) const override {
    FileIdentity found;
    return findIdentityAt(path, found) && found == identity_;
  }

 private:
  const Handle file_;
  const FileIdentity identity_;
};

}  // namespace

std::unique_ptr<ByteLocks> ByteLocks::open(const std::string& path) {
  DWORD ignored = 0;
  Handle file = openPlainFile(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS, ignored);
  FileIdentity identity;
  if (file == nullptr || !findIdentity(file.get(), identity)) return nullptr;
  return std::make_unique<Win32ByteLocks>(std::move(file), identity);
}

}  // namespace ebbcache
