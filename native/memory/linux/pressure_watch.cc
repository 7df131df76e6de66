#include "memory/pressure_watch.h"

#include <utility>

#include "memory/linux/stall_watch.h"
#include "memory/linux/systemd_request.h"
#include "memory/timed_watch.h"

namespace ebbcache {

std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& roots) {
  auto request = readSystemdRequest(roots.proc);
  if (request && request->turnsOff()) return std::make_unique<TimedWatch>();
  auto watch = StallWatch::open(roots, std::move(request));
  if (!watch) return std::make_unique<TimedWatch>();
  return watch;
}

}  // namespace ebbcache
