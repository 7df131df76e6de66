#include "process/background_thread.h"

namespace ebbcache {

// There are no huge pages on this system, so nothing is made ahead.
void stayInBackground() {}

}  // namespace ebbcache
