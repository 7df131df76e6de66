// Records the memory pressure on a store, and what it took from the store.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

#include "pressure/level.h"
#include "pressure/pressure_counts.h"

namespace ebbcache {

/// The effect of one reduction.
struct Reduction {
  /// The number of bytes returned to the system.
  uint64_t releasedBytes = 0;
  uint64_t evictions = 0;
  /// Whether the budget is lower than before.
  bool lowered = false;

  Reduction& operator+=(const Reduction& other) {
    releasedBytes += other.releasedBytes;
    evictions += other.evictions;
    lowered = lowered || other.lowered;
    return *this;
  }
};

/// The level of a store is the higher of the governor's and the one that is held on it. Each rise
/// of it is an event, whose cause is the level that was reached; so is each level that a caller
/// applies. Falls are no events.
///
/// Thread-safe. The calls that take a function run it one at a time and wait for each other, so
/// that no reader sees a reduction that is counted only in part. Such a function may call the
/// store, whose locks come after this one, and nothing else. The other calls never wait for a
/// store.
class PressureHistory {
 public:
  /// Notes the governor's level. Unknown changes nothing, so that a failed sample between two good
  /// ones is no fall and the second one no rise.
  void see(PressureLevel level);

  PressureLevel held() const;
  /// The level of the store.
  PressureLevel level() const;

  /// Holds a level, and counts what `reduce` takes from the store. Returns the number of bytes
  /// released. The level is held before any wait: a raise of the budget meanwhile, or before
  /// `reduce` runs, keeps to it or is undone by `reduce`.
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

  /// Counts a level that a caller applies, and what `reduce` takes from the store for it.
  template <typename Reduce>
  uint64_t apply(Reduce&& reduce) {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    countRequest();
    return count(PressureCause::kRequest, std::forward<Reduce>(reduce)());
  }

  /// Runs `raise`, which takes nothing from the store, with the level that is held. A level that is
  /// held later waits for it.
  template <typename Raise>
  void raise(Raise&& raise) {
    const std::lock_guard<std::mutex> turn(turnMutex_);
    std::forward<Raise>(raise)(held());
  }

  /// Returns the result of `read` on the counts, while no reduction is in progress.
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
  /// Notes the current level of the store; mutex_ is held.
  void follow();

  /// Held while a function runs, which may take long; it is taken before mutex_.
  mutable std::mutex turnMutex_;
  /// Never held during a call to a store.
  mutable std::mutex mutex_;
  // All members below are guarded by mutex_.
  PressureLevel seen_ = PressureLevel::kNormal;
  PressureLevel held_ = PressureLevel::kNormal;
  /// The level of the store: the higher of the two.
  PressureLevel level_ = PressureLevel::kNormal;
  /// The cause of the last event by a level. Before the first one no level takes anything.
  PressureCause levelCause_ = PressureCause::kElevated;
  PressureCounts counts_;
};

}  // namespace ebbcache
