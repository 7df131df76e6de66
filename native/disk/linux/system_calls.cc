#include "disk/posix/system_calls.h"

#include <unistd.h>

namespace ebbcache {

void prepareForShortReads(int file) {
  (void)::posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
  const int flags = ::fcntl(file, F_GETFL);
  if (flags >= 0) (void)::fcntl(file, F_SETFL, flags | O_NOATIME);
}

int syncData(int file) {
  return ::fdatasync(file);
}

int setByteLock(int file, const struct flock& lock) {
  return ::fcntl(file, F_OFD_SETLK, &lock);
}

}  // namespace ebbcache
