// Detects a page cache that is too small, from a count of refaults.
#pragma once

#include <cstdint>
#include <optional>

#include "memory/linux/stall_meter.h"

namespace ebbcache {

/// A refault is a page of a file that is read again soon after it was dropped. A file that is read
/// three times has some; a group whose files do not fit beside its other memory has them all the
/// time. PSI reports the latter only where the pages were in active use before, and only as far as
/// the disk is slow. Not thread-safe.
class RefaultMeter {
 public:
  using Clock = StallMeter::Clock;

  /// The bytes within StallMeter::kWindow that count: 32 MiB a second.
  static constexpr uint64_t kThreshold = uint64_t{64} << 20;
  /// The number of consecutive windows, each with so many refaults, that count as a loop.
  static constexpr int kWindows = 4;

  /// `totalBytes` is the count so far. Returns true once a window, from the kWindows-th consecutive
  /// window on in which the count grew by kThreshold.
  bool update(Clock::time_point now, uint64_t totalBytes);

 private:
  StallMeter meter_{kThreshold};
  std::optional<Clock::time_point> reportedAt_;
  Clock::time_point calledAt_;
  int inARow_ = 0;
};

}  // namespace ebbcache
