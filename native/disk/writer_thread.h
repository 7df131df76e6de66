// What a thread that writes files must do first.
#pragma once

namespace ebbcache {

/// Keeps signals from the calling thread. On POSIX a write beyond the process's limit of a file's
/// size raises SIGXFSZ, which ends the process where nobody handles it: in this thread the write
/// fails instead. Nor is a write interrupted by the signals of others.
void prepareWriterThread();

}  // namespace ebbcache
