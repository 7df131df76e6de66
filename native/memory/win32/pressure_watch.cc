#include "memory/pressure_watch.h"

#include "memory/timed_watch.h"

namespace ebbcache {

std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& /*roots*/) {
  return std::make_unique<TimedWatch>();
}

}  // namespace ebbcache
