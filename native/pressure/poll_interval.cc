#include "pressure/poll_interval.h"

#include <algorithm>

namespace ebbcache {
namespace {

double bytesBelow(const MemoryBound& bound, double percent) {
  const double threshold = percent / 100 * static_cast<double>(bound.limit);
  return threshold - static_cast<double>(bound.used);
}

}  // namespace

std::chrono::milliseconds nextPollDelay(const MemoryUsage& usage, double percent,
                                        std::chrono::milliseconds shortest,
                                        std::chrono::milliseconds longest) {
  double bytes = bytesBelow(usage.system, percent);
  if (usage.group) bytes = std::min(bytes, bytesBelow(*usage.group, percent));
  const double milliseconds = 1000 * bytes / kFastestFill;
  if (milliseconds >= static_cast<double>(longest.count())) return longest;
  return std::max(shortest, std::chrono::milliseconds(static_cast<int64_t>(milliseconds)));
}

}  // namespace ebbcache
