#include "memory/linux/stall_meter.h"

namespace ebbcache {

bool StallMeter::update(Clock::time_point now, uint64_t total) {
  if (!window_ || total < window_->total) {
    window_ = Window{now, total, 0};
    return false;
  }
  // The elapsed time, in windows.
  const double elapsed =
      std::chrono::duration<double>(now - window_->start) / std::chrono::duration<double>(kWindow);
  double growth = static_cast<double>(total - window_->total);
  if (elapsed < 1) {
    growth += window_->previous * (1 - elapsed);
  } else {
    growth /= elapsed;
    window_ = Window{now, total, growth};
  }
  if (growth < static_cast<double>(threshold_)) return false;
  if (reportedAt_ && now - *reportedAt_ < kWindow) return false;
  // Growth that was reported does not count again.
  window_ = Window{now, total, 0};
  reportedAt_ = now;
  return true;
}

}  // namespace ebbcache
