// Prepares a thread that writes files.
#pragma once

namespace ebbcache {

/// Blocks signals in the calling thread. On POSIX a write beyond the process's limit of a file's
/// size raises SIGXFSZ, which ends the process where no handler is set: in this thread the write
/// fails instead. Signals of others do not interrupt a write either.
void prepareWriterThread();

}  // namespace ebbcache
