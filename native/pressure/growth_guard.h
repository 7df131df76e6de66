// The check before every slab: may a store take more memory from the OS?
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "memory/snapshot.h"

namespace ebbcache {

/// Thread-safe, and a leaf: it calls nothing but its reader, so a store may ask while it holds any
/// lock of its own.
///
/// A reading costs a few microseconds, which is nothing beside a slab of 2 MiB but much beside one
/// of 32 KiB. So a reading serves again while it is younger than kReuseFor and the bytes granted
/// on it (counted as if they were in use already) stay within kReuseBytes. A refusal is never
/// based on a reused reading: memory may have come back meanwhile.
///
/// Memory that was granted and not touched yet shows in no reading. With one open slab a store, and
/// one that is made ahead, the answer may be too kind by two slabs for each store.
class GrowthGuard {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kReuseBytes = uint64_t{1} << 20;
  static constexpr std::chrono::milliseconds kReuseFor{20};

  /// `ceiling` in percent of a bound's limit. `reader` must not be shared with another thread.
  GrowthGuard(double ceiling, std::unique_ptr<MemoryReader> reader);

  /// False when `bytes` more would bring the machine or the group past the ceiling. When neither
  /// can be read the last good answer stands; true if there is none yet.
  bool mayGrow(uint64_t bytes, Clock::time_point now);

  /// From now on by these; nothing of what was read before counts.
  void configure(double ceiling, std::unique_ptr<MemoryReader> reader);

  uint64_t failedReads() const;

 private:
  bool fits(uint64_t more) const;

  mutable std::mutex mutex_;
  // All below is guarded by mutex_.
  double ceiling_;
  std::unique_ptr<MemoryReader> reader_;
  MemoryUsage reading_;
  bool hasReading_ = false;
  Clock::time_point readAt_;
  uint64_t grantedSince_ = 0;
  bool lastAnswer_ = true;
  uint64_t failedReads_ = 0;
};

}  // namespace ebbcache
