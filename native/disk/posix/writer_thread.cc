#include "disk/writer_thread.h"
#include <initializer_list>

#include <pthread.h>
#include <signal.h>

namespace ebbcache {

void prepareWriterThread() {
  // The signals of the thread's own faults: blocked, they would still end the process, but no
  // handler would be called first.
  constexpr int kOwn[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
  // These are macros on some systems.
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int own : kOwn) sigdelset(&blocked, own);
  (void)::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

}  // namespace ebbcache
