#include "memory/linux/stall_meter.h"

namespace ebbcache {

bool StallMeter::update(Clock::time_point now, uint64_t totalUs) {
  if (!window_ || totalUs < window_->totalUs) {
    window_ = Window{now, totalUs, 0};
    return false;
  }
  // In windows.
  const double elapsed =
      std::chrono::duration<double>(now - window_->start) / std::chrono::duration<double>(kWindow);
  double growthUs = static_cast<double>(totalUs - window_->totalUs);
  if (elapsed < 1) {
    growthUs += window_->previousUs * (1 - elapsed);
  } else {
    growthUs /= elapsed;
    window_ = Window{now, totalUs, growthUs};
  }
  if (growthUs < static_cast<double>(kThresholdUs)) return false;
  if (reportedAt_ && now - *reportedAt_ < kWindow) return false;
  // What was reported does not count again.
  window_ = Window{now, totalUs, 0};
  reportedAt_ = now;
  return true;
}

}  // namespace ebbcache
