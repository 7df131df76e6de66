#include "memory/linux/refault_meter.h"

namespace ebbcache {

bool RefaultMeter::update(Clock::time_point now, uint64_t totalBytes) {
  const auto calledBefore = calledAt_;
  calledAt_ = now;
  if (!meter_.update(now, totalBytes)) return false;
  // Only calls that found nothing make a gap: nobody may have asked in between.
  const bool follows = reportedAt_ && calledBefore - *reportedAt_ < 2 * StallMeter::kWindow;
  inARow_ = follows ? inARow_ + 1 : 1;
  reportedAt_ = now;
  return inARow_ >= kWindows;
}

}  // namespace ebbcache
