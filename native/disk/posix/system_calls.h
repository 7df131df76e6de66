// The calls on open files that differ between POSIX systems.
#pragma once

#include <fcntl.h>

namespace ebbcache {

/// Turns read-ahead off, as the next read is somewhere else, and where the system can, the update
/// of the access time.
void prepareForShortReads(int file);

/// Returns once all that was written is on the disk itself: 0, or -1 and errno.
int syncData(int file);

/// Sets a lock of the open file, or of the process where the system has no others. Does not wait.
/// Returns 0, or -1 and errno.
int setByteLock(int file, const struct flock& lock);

}  // namespace ebbcache
