// What memory pressure a store comes under, and what that takes from it.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

#include "pressure/level.h"
#include "pressure/pressure_counts.h"

namespace ebbcache {

/// What pressure took from a store at one time.
struct Reduction {
  /// Bytes that are back with the system.
  uint64_t releasedBytes = 0;
  uint64_t evictions = 0;
  /// Whether the budget is less than before.
  bool lowered = false;

  Reduction& operator+=(const Reduction& other) {
    releasedBytes += other.releasedBytes;
    evictions += other.evictions;
    lowered = lowered || other.lowered;
    return *this;
  }
};

/// The level of a store is the higher of the governor's and the one that is held on it. Each rise
/// of it is an event, whose cause is the level that was reached; so is each level that is applied
/// by hand. Falls are none.
///
/// Thread-safe. The calls that take a function run it one at a time, so that no reader sees a
/// reduction that is only counted in part, and wait for each other: such a function may call the
/// store, whose locks come after this one, and nothing else. The others never wait for a store.
class PressureHistory {
 public:
  /// The governor's level. Unknown changes nothing, so that a failed look between two good ones is
  /// no fall and the second one no rise.
  void see(PressureLevel level);

  PressureLevel held() const;
  /// The level of the store.
  PressureLevel level() const;

  /// Holds a level, and counts what `reduce` takes from the store. Returns the bytes given back.
  /// The level is held before any wait, so that what raises the budget meanwhile, or before
  /// `reduce` has its turn, goes by it or is lowered by `reduce`.
  template <typename Reduce>
  uint64_t hold(PressureLevel level, Reduce&& reduce) {
    startToHold(level);
    return this->reduce(std::forward<Reduce>(reduce));
  }

  /// Counts what `reduce` takes from the store because of its level.
  template <typename Reduce>
  uint64_t reduce(Reduce&& reduce) {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    const PressureCause cause = levelCause();
    return count(cause, std::forward<Reduce>(reduce)());
  }

  /// Counts a level that is applied by hand, and what `reduce` takes from the store for it.
  template <typename Reduce>
  uint64_t apply(Reduce&& reduce) {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    countRequest();
    return count(PressureCause::kRequest, std::forward<Reduce>(reduce)());
  }

  /// Runs `raise`, which takes nothing from the store, with the level that is held. One that is
  /// held later has its turn after it.
  template <typename Raise>
  void raise(Raise&& raise) {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    std::forward<Raise>(raise)(held());
  }

  /// Returns what `read` makes of the counts, while no reduction is under way.
  template <typename Read>
  auto read(Read&& read) const {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    return std::forward<Read>(read)(counts());
  }
  PressureCounts counts() const;

 private:
  void startToHold(PressureLevel level);
  void countRequest();
  PressureCause levelCause() const;
  uint64_t count(PressureCause cause, const Reduction& reduction);
  /// Notes what the level of the store is now, with mutex_ held.
  void follow();

  /// Held while a function is run, hence maybe for long; taken before mutex_.
  mutable std::mutex turnMutex_;
  /// Never held across a call to a store.
  mutable std::mutex mutex_;
  // All below is guarded by mutex_.
  PressureLevel seen_ = PressureLevel::kNormal;
  PressureLevel held_ = PressureLevel::kNormal;
  /// This is the higher of the two.
  PressureLevel level_ = PressureLevel::kNormal;
  /// The last event by a level had this cause. Before the first one no level takes anything.
  PressureCause levelCause_ = PressureCause::kElevated;
  PressureCounts counts_;
};

}  // namespace ebbcache
