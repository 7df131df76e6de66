// The time that a store's times to live follow: its own, or a given one. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/settable_clock.h"
#include "store/deadline.h"

namespace ebbcache {

class StoreClock {
 public:
  /// Its own time follows `source`; the system's steady clock where that is null.
  explicit StoreClock(SettableClock::Source source);

  uint64_t now() const { return clock_.now(); }
  /// The clock's own time, whatever it was given.
  uint64_t own() const { return clock_.own(); }
  bool isGiven() const { return clock_.isGiven(); }

  /// Has the clock show this time, ms since the epoch, from -2^53 to 2^53, and stand still until it
  /// is given another. Times more than about 557 years from the system's count as that far away. A
  /// value that was put before, by the clock's own time, lives as long as if the given time had
  /// been the system's then. Without a time, the clock follows its own time again.
  void give(std::optional<int64_t> wallMs);
  /// Whether it was set back since the last call.
  bool takeSetBack() { return wasSetBack_.exchange(false, std::memory_order_relaxed); }

  Deadline deadlineAfter(uint64_t ttlMs) const {
    return ttlMs == 0 ? Deadline() : Deadline::after(now(), ttlMs);
  }

 private:
  /// The time that the clock shows when the system's clock shows `wallMs`.
  uint64_t timeOf(int64_t wallMs) const;

  SettableClock clock_;
  std::atomic<bool> wasSetBack_{false};
  /// The time that the clock showed when the system's was at 0 ms, extrapolated from the start.
  const int64_t wallOrigin_;
};

}  // namespace ebbcache
