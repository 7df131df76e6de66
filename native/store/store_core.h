// The state that the parts of a store share: the entries in their arena, the memory, the clock, and
// the counters.
//
// A Store owns it, and every part has a reference to it. The store's mutex MUST be held for every
// use, except for the clock, the hash, the stripes, the atomic numbers, and the functions of
// BudgetedMemory and RemovalLogs that any thread may call. A reader that holds the stripe of its
// key may also use the arenas for entries of that stripe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/noinline.h"
#include "slab/budgeted_memory.h"
#include "store/arena.h"
#include "store/key_hash.h"
#include "store/removal_logs.h"
#include "store/slack.h"
#include "store/store_clock.h"
#include "store/store_options.h"
#include "store/store_stats.h"
#include "store/stripe_locks.h"

namespace ebbcache {

struct StoreCore {
  /// `arena` is null afterwards where the system refuses the first pages.
  StoreCore(const StoreOptions& openedWith, StoreEnvironment itsEnvironment,
            std::function<void()> whenSpareIsReady);

  bool isExpired(const Entry& entry) const {
    // The clock is read only for entries that can expire, because that costs as much as the lookup.
    return entry.expires() && isPast(entry.deadline());
  }
  /// It is not inlined, so that a read of an entry that never expires takes no longer for it.
  EBBCACHE_NOINLINE bool isPast(Deadline deadline) const { return deadline.isPast(clock.now()); }
  bool tellsRemovals() const { return !removals.isEmpty(); }

  // For the following two functions the stripe of the hash MUST be held too.

  /// Removes an entry for another reason than eviction, and notes it where a log is attached.
  void remove(Address address, uint64_t keyHash, RemovalReason reason) {
    if (EBBCACHE_SELDOM(tellsRemovals())) noteRemoval(*arena->slabs.at(address), reason);
    arena->policy->removed(address);
    forget(address, keyHash);
  }
  /// Removes an entry that the policy has already removed from index and log.
  void forget(Address address, uint64_t keyHash) {
    addPayload(0 - arena->slabs.at(address)->payloadBytes());
    arena->forget(address, keyHash);
  }

  // The following functions note an entry that is about to be removed. They are not inlined, so
  // that a store without logs takes no longer for them.

  EBBCACHE_NOINLINE void noteRemoval(const Entry& entry, RemovalReason reason);
  /// Notes an entry that is replaced by another one of its key, or that has expired.
  EBBCACHE_NOINLINE void noteReplaced(const Entry& entry);
  /// Notes that all entries are about to be removed.
  EBBCACHE_NOINLINE void noteCleared();

  /// Adds to the payload. A decrease is given as its complement modulo 2^64.
  void addPayload(uint64_t bytes) {
    payloadBytes.store(payloadBytes.load(std::memory_order_relaxed) + bytes,
                       std::memory_order_relaxed);
  }
  /// The bytes that the entries must fit: maxBytes, or less under pressure.
  uint64_t budget() const {
    return std::min(memory.budget(), maxBytes.load(std::memory_order_relaxed));
  }
  /// The bytes of large entries, that of one being written included.
  uint64_t largeBytes() const { return arena->log.largeBytes() + writingBytes; }
  bool mayGrow(uint64_t bytes) const { return !environment.mayGrow || environment.mayGrow(bytes); }
  /// Computes and returns minBudget: the bytes that the tables, an open slab and two chunks of the
  /// index need.
  uint64_t computeMinBudget();

  /// The options of the opening; maxBytes and maxEntries below are the current bounds.
  const StoreOptions options;
  const StoreEnvironment environment;
  StoreClock clock;
  const KeyHash hash;
  mutable StripeLocks stripes;
  BudgetedMemory memory;
  std::unique_ptr<Arena> arena;
  /// The arena that entries leave while a resize moves them; null at other times. Readers search it
  /// for entries that they do not find in `arena`. All stripes MUST be held to change either
  /// pointer.
  std::unique_ptr<Arena> outgoing;
  /// The counters, except for hits and misses, which the stripes count, and the numbers below.
  StoreStats counters;
  // Writers change these numbers, and any thread reads them.
  std::atomic<uint64_t> maxBytes;
  std::atomic<uint64_t> maxEntries;
  std::atomic<uint64_t> payloadBytes{0};
  std::atomic<uint64_t> minBudget{0};
  /// The bytes that were taken for a large entry that is being written.
  uint64_t writingBytes = 0;
  RemovalLogs removals;
};

}  // namespace ebbcache
