// Evicts the entries that the policy chooses, and counts and notes them.
#pragma once

#include <cstdint>
#include <utility>

#include "store/store_core.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class Evictor {
 public:
  explicit Evictor(StoreCore& core) : core_(core) {}

  /// Evicts one entry; false when there is none.
  bool evictOne();
  /// Evicts for maxEntries until there are at most `entries`.
  void evictToEntries(uint64_t entries);

  /// From now on entries are evicted for this reason; returns the one before.
  RemovalReason evictFor(RemovalReason reason) { return std::exchange(reason_, reason); }

  /// The second chances that the evictions of one put of such an entry may give: for each put, and
  /// for its bytes. They take a fraction of a millisecond, and there are 32 for each entry of a
  /// kilobyte that a large one replaces.
  static constexpr uint64_t chancesFor(uint64_t entryBytes) {
    constexpr uint64_t kChancesPerPut = 2048;
    constexpr uint64_t kBytesPerChance = 32;
    return kChancesPerPut + entryBytes / kBytesPerChance;
  }

 private:
  /// Brings into the cache what the next evictions will need, of this victim and of those after it
  /// in its queue: buckets and ghosts come together, not one after the other.
  void prepareEvictions(Address first);

  StoreCore& core_;
  RemovalReason reason_ = RemovalReason::kEvict;
  /// Evictions until the next ones are to be prepared.
  uint32_t prepared_ = 0;
};

/// While one lives, entries are evicted for the reason given.
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
