// Locks by flock: the lock belongs to the open file, so two of one process exclude each other, and
// closing another descriptor of the same file does not release it, as it would a lock of fcntl.
#include "files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "files/posix/plain_file.h"

namespace ebbcache {

bool FileLock::open(const std::string& path, std::string& why) {
  close();
  int error = 0;
  file_ = openPlainFile(path, O_RDWR | O_CREAT, error);
  if (!isOpen()) why = reasonOf(error);
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
  // Linux has released the previous lock, macOS has not.
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
