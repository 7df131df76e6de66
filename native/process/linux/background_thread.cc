#include "process/background_thread.h"

#include <pthread.h>
#include <sched.h>

namespace ebbcache {

void stayInBackground() {
  const sched_param none{};
  // The system refuses where the process may not choose: then it is a thread like others.
  (void)::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &none);
}

}  // namespace ebbcache
