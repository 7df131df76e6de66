// flock: it belongs to the open file, so two of one process exclude each other, and closing another
// descriptor of the same file does not take it back, as it would a lock of fcntl.
#include "files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ebbcache {
namespace {

std::string reasonOf(int error) {
  return std::generic_category().message(error);
}

/// -1 and the reason for what is no plain file.
int openPlainFile(const std::string& path, std::string& why) {
  // Without waiting: a pipe would wait for who reads it.
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  constexpr mode_t kUserAlone = S_IRUSR | S_IWUSR;
  int file = -1;
  do {
    file = ::open(path.c_str(), kFlags, kUserAlone);
  } while (file < 0 && errno == EINTR);
  if (file < 0) {
    why = reasonOf(errno);
    return -1;
  }
  struct stat found = {};
  if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode)) return file;
  why = "Not a plain file";
  ::close(file);
  return -1;
}

}  // namespace

bool FileLock::open(const std::string& path, std::string& why) {
  close();
  file_ = openPlainFile(path, why);
  return isOpen();
}

LockResult FileLock::tryLock(LockKind kind, std::string& why) {
  if (isHeld_ && held_ == kind) return LockResult::kHeld;
  const int file = static_cast<int>(file_);
  const int operation = kind == LockKind::kExclusive ? LOCK_EX : LOCK_SH;
  int result = 0;
  do {
    result = ::flock(file, operation | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  isHeld_ = result == 0;
  held_ = kind;
  if (isHeld_) return LockResult::kHeld;
  const int error = errno;
  // Linux has given the one before up, macOS has not.
  (void)::flock(file, LOCK_UN);
  if (error == EWOULDBLOCK) return LockResult::kBusy;
  why = reasonOf(error);
  return LockResult::kFailed;
}

void FileLock::close() {
  if (!isOpen()) return;
  ::close(static_cast<int>(file_));
  file_ = kNone;
  isHeld_ = false;
}

}  // namespace ebbcache
