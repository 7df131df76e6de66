// Evicts the entries that the policy chooses, counts them, and notes their removals.
#pragma once

#include <cstdint>
#include <utility>

#include "store/store_core.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class Evictor {
 public:
  explicit Evictor(StoreCore& core) : core_(core) {}

  /// Evicts one entry; returns false when there is none.
  bool evictOne();
  /// Evicts for maxEntries until there are at most `entries`.
  void evictToEntries(uint64_t entries);

  /// Sets the reason for which entries are evicted from now on; returns the previous one.
  RemovalReason evictFor(RemovalReason reason) { return std::exchange(reason_, reason); }

  /// Returns the second chances that the evictions of one put may give: a fixed number, and more
  /// for a larger entry. They take a fraction of a millisecond, and there are 32 for each entry of
  /// a kilobyte that a large entry replaces.
  static constexpr uint64_t chancesFor(uint64_t entryBytes) {
    constexpr uint64_t kChancesPerPut = 2048;
    constexpr uint64_t kBytesPerChance = 32;
    return kChancesPerPut + entryBytes / kBytesPerChance;
  }

 private:
  /// Prefetches what the evictions of this victim and of those after it in its queue need, so that
  /// the misses of their buckets and ghosts overlap.
  void prepareEvictions(Address first);
  EBBCACHE_NOINLINE void noteEviction();

  StoreCore& core_;
  RemovalReason reason_ = RemovalReason::kEvict;
  /// The number of evictions until the next ones are to be prepared.
  uint32_t prepared_ = 0;
};

/// While it lives, entries are evicted for the given reason.
class EvictsFor {
 public:
  EvictsFor(Evictor& evictor, RemovalReason reason)
      : evictor_(evictor), before_(evictor.evictFor(reason)) {}
  ~EvictsFor() { evictor_.evictFor(before_); }
  EvictsFor(const EvictsFor&) = delete;
  EvictsFor& operator=(const EvictsFor&) = delete;

 private:
  Evictor& evictor_;
  const RemovalReason before_;
};

}  // namespace ebbcache
