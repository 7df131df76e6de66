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
/// The answer is based on a fresh reading of the memory that the kernel cannot reclaim: while a
/// fill takes the place of page cache, the bytes charged to a group stay at its limit, and only the
/// reclaimable bytes show how far the fill has come. Most answers need less:
/// - Far from the ceiling it is enough that the charged bytes, reclaimable or not, stay below it.
///   The readings of the machine and of the limits are at most kMachineFor old, and younger where
///   the machine could be filled sooner (see nextPollDelay()).
/// - For a slab of 32 KiB even that costs much. So a reading serves again while it is younger than
///   kReuseFor and the bytes granted on it (which count as used) stay within kReuseBytes.
///
/// A refusal is always based on a new reading: memory may have been released meanwhile.
///
/// Memory that was granted and not touched yet shows in no reading. With one open slab a store, and
/// one that is made ahead, an answer may be wrong by two slabs for each store.
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
