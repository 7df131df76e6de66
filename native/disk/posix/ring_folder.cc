#include "disk/ring_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "disk/earlier_version.h"
#include "disk/folder_sentences.h"
#include "disk/posix/ring_file.h"
#include "disk/posix/usable_folder.h"
#include "files/posix/plain_file.h"

namespace ebbcache {
namespace {

class PosixRingFolder final : public RingFolder {
 public:
  explicit PosixRingFolder(const std::string& dir) : dir_(dir), path_(dir) {}

  FolderTrouble prepare(bool& removedEarlier) override {
    removedEarlier = false;
    std::string usable;
    FolderTrouble trouble = findUsableFolder(dir_, usable);
    if (trouble) return trouble;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      path_ = usable;
    }
    removedEarlier = removeEarlierVersion(dir_);
    return {};
  }

  std::unique_ptr<RingFile> openRing(Open how, FolderTrouble& trouble) override {
    trouble = {};
    const std::string path = this->path() + kRingName;
    int error = 0;
    Descriptor file(openPlainFile(path, O_RDWR | (how == Open::kCreate ? O_CREAT : 0), error));
    const bool isReadOnly = !file.isOpen() && isDenied(error);
    if (isReadOnly) {
      int ignored = 0;
      file = Descriptor(openPlainFile(path, O_RDONLY, ignored));
    }
    if (file.isOpen()) return accept(path, std::move(file), isReadOnly, trouble);
    if (error != ENOENT || how == Open::kCreate) trouble = whyNotOpened(path, error);
    return nullptr;
  }

  std::optional<FileIdentity> ringIdentity() const override {
    struct stat found = {};
    if (::lstat((path() + kRingName).c_str(), &found) != 0) return std::nullopt;
    return identityOf(found);
  }

  std::string path() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return path_;
  }

 private:
  static std::unique_ptr<RingFile> accept(const std::string& path, Descriptor file, bool isReadOnly,
                                          FolderTrouble& trouble) {
    struct stat found = {};
    if (::fstat(file.number(), &found) != 0) {
      trouble = notOpened(path, refusalOf(errno));
      return nullptr;
    }
    if (found.st_uid != ::geteuid()) {
      trouble = otherUsers(path, found.st_uid);
      return nullptr;
    }
    auto ring = ringFileOf(std::move(file), found, isReadOnly);
    if (isReadOnly || hasLocks(*ring)) return ring;
    trouble = withoutLocks(path);
    return nullptr;
  }

  static FolderTrouble whyNotOpened(const std::string& path, int error) {
    if (error == kNotPlain) return notAPlainFile(path);
    struct stat found = {};
    const bool isOthers =
        isDenied(error) && ::lstat(path.c_str(), &found) == 0 && found.st_uid != ::geteuid();
    return isOthers ? otherUsers(path, found.st_uid) : notOpened(path, refusalOf(error));
  }

  static bool hasLocks(RingFile& ring) {
    const RingFile::Lock lock = ring.tryLock();
    if (lock == RingFile::Lock::kHeld) ring.unlock();
    return lock != RingFile::Lock::kFailed;
  }

  const std::string dir_;
  mutable std::mutex mutex_;
  std::string path_;
};

}  // namespace

std::unique_ptr<RingFolder> openRingFolder(const std::string& dir) {
  return std::make_unique<PosixRingFolder>(dir);
}

}  // namespace ebbcache
