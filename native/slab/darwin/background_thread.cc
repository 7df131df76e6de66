#include "slab/background_thread.h"

namespace ebbcache {

// There are no huge pages to be had here, so nothing is made ahead.
void stayInBackground() {}

}  // namespace ebbcache
