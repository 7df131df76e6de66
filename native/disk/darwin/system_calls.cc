#include "disk/posix/system_calls.h"

#include <unistd.h>

#include <cerrno>

namespace ebbcache {

void prepareForShortReads(int file) {
  (void)::fcntl(file, F_RDAHEAD, 0);
}

int syncData(int file) {
  // fsync may leave the bytes in the disk's own cache. Not every file system can do better.
  if (::fcntl(file, F_FULLFSYNC) == 0) return 0;
  return errno == EINTR ? -1 : ::fsync(file);
}

int setByteLock(int file, const struct flock& lock) {
  const int result = ::fcntl(file, F_OFD_SETLK, &lock);
  // Older systems have no locks of open files. The locks of the process exclude other processes.
  return result != 0 && errno == EINVAL ? ::fcntl(file, F_SETLK, &lock) : result;
}

}  // namespace ebbcache
