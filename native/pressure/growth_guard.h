// The check before every slab: may a store take more memory from the OS?
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "memory/snapshot.h"

namespace ebbcache {

/// Thread-safe, and a leaf: it calls nothing but its reader, so a store may ask while it holds any
/// lock of its own.
///
/// It goes by what the kernel cannot give back, read afresh: while a fill takes the place of page
/// cache, what is charged to a group stands still at its limit, and only what is reclaimable tells
/// how far the fill has come. Most answers need less:
/// - Far from the ceiling it is enough that all that is charged, reclaimable or not, stays below
/// it.
///   The machine and the limits are at most kMachineFor old, and younger where the machine could be
///   filled sooner (see nextPollDelay()).
/// - Beside a slab of 32 KiB even that costs much. So a reading serves again while it is younger
///   than kReuseFor and the bytes granted on it (counted as if they were in use already) stay
///   within kReuseBytes.
/// A refusal is always based on a reading made for it: memory may have come back meanwhile.
///
/// Memory that was granted and not touched yet shows in no reading. With one open slab a store, and
/// one that is made ahead, the answer may be too kind by two slabs for each store.
class GrowthGuard {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kReuseBytes = uint64_t{1} << 20;
  static constexpr std::chrono::milliseconds kReuseFor{20};
  static constexpr std::chrono::milliseconds kMachineFor{100};

  /// `ceiling` is in percent of a bound's limit. `reader` MUST NOT be shared with another thread.
  GrowthGuard(double ceiling, std::unique_ptr<MemoryReader> reader);

  /// Returns false where `bytes` more would bring the machine or the group past the ceiling. When
  /// neither can be read the last good answer stands; true if there is none yet. No exception
  /// passes it.
  bool mayGrow(uint64_t bytes, Clock::time_point now);

  /// Replaces both; no earlier reading counts any more.
  void configure(double ceiling, std::unique_ptr<MemoryReader> reader);

  uint64_t failedReads() const;

 private:
  /// Makes a full reading. Empty where the machine cannot be read, or an exception ended the
  /// reading.
  std::optional<bool> answerAfresh(uint64_t bytes, Clock::time_point now) noexcept;
  bool mayReuse(uint64_t bytes, Clock::time_point now) const;
  /// Makes a reading of the charged bytes, or else of the used bytes, with the limits and the
  /// machine of an earlier reading. Empty where that is not enough.
  std::optional<bool> answerByLess(uint64_t bytes, Clock::time_point now);
  bool readFully(Clock::time_point now);
  // Whether `bytes` fit on top of reading_ and of the bytes granted since.
  bool fitsMachine(uint64_t bytes) const;
  bool fitsGroup(uint64_t bytes) const;

  mutable std::mutex mutex_;
  // All members below are guarded by mutex_.
  double ceiling_;
  std::unique_ptr<MemoryReader> reader_;
  /// The latest reading: a full one, or the groups' charged bytes with an earlier reading of the
  /// machine.
  MemoryUsage reading_;
  bool hasReading_ = false;
  Clock::time_point readAt_;
  /// The time until which the machine cannot have filled up since the last full reading.
  Clock::time_point machineUntil_;
  /// The bytes granted since the latest reading, and since the last full one.
  uint64_t grantedSince_ = 0;
  uint64_t grantedSinceFull_ = 0;
  bool lastAnswer_ = true;
  uint64_t failedReads_ = 0;
};

}  // namespace ebbcache
