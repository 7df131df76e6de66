// Calls on open files that have another name on each POSIX system.
#pragma once

#include <fcntl.h>

namespace ebbcache {

/// What lies beside that which is read is not read with it, as the next read is somewhere else, and
/// where the system can, a read does not set the time of the last one.
void prepareForShortReads(int file);

/// Returns once what was written is on the disk itself: 0, or -1 and errno.
int syncData(int file);

/// Sets a lock of the open file, or of the process where the system has no others, and does not
/// wait: 0, or -1 and errno.
int setByteLock(int file, const struct flock& lock);

}  // namespace ebbcache
