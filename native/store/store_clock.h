// The time that a store's times to live follow: its own, or one that it is given. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "store/deadline.h"
#include "store/settable_clock.h"

namespace ebbcache {

class StoreClock {
 public:
  /// Its own time follows `source`; the system's steady clock where that is null.
  explicit StoreClock(SettableClock::Source source);

  uint64_t now() const { return clock_.now(); }
  /// The clock's own time, whatever it was given.
  uint64_t own() const { return clock_.own(); }
  bool isGiven() const { return clock_.isGiven(); }

  /// It shows this time, ms since the epoch, and stands still until it is given another. With none
  /// it follows its own time again.
  void give(std::optional<int64_t> wallMs);
  /// Whether it was set back since this was asked last.
  bool takeSetBack() { return wasSetBack_.exchange(false, std::memory_order_relaxed); }

  Deadline deadlineAfter(uint64_t ttlMs) const {
    return ttlMs == 0 ? Deadline() : Deadline::after(now(), ttlMs);
  }

 private:
  /// What the clock shows when the system's clock shows `wallMs`.
  uint64_t timeOf(int64_t wallMs) const;

  SettableClock clock_;
  std::atomic<bool> wasSetBack_{false};
  /// What the clock showed when the system's was at 0 ms, as the two were at the start.
  const int64_t wallOrigin_;
};

}  // namespace ebbcache
