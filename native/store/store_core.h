// What the parts of a store work on together: the entries in their arena, the memory, the clock,
// and the numbers that they count.
//
// A Store owns it, and every part has a reference to it. Whoever uses it MUST hold the store's
// mutex, but for the clock, the hash, the stripes, the atomic numbers, and what BudgetedMemory and
// RemovalLogs let any thread ask. A reader that holds the stripe of its key may also use the arenas
// for entries of that stripe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "slab/budgeted_memory.h"
#include "store/arena.h"
#include "store/key_hash.h"
#include "store/noinline.h"
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
    // The clock is read only for those that can expire: it costs as much as the lookup.
    return entry.expires() && isPast(entry.deadline());
  }
  /// Not inlined, so that a read of an entry that never expires takes no longer for it.
  EBBCACHE_NOINLINE bool isPast(Deadline deadline) const { return deadline.isPast(clock.now()); }
  bool tellsRemovals() const { return !removals.isEmpty(); }

  // For these the stripe of the hash MUST be held too.

  /// The entry leaves for another reason than eviction; it is noted where somebody listens.
  void remove(Address address, uint64_t keyHash, RemovalReason reason) {
    if (EBBCACHE_SELDOM(tellsRemovals())) noteRemoval(*arena->slabs.at(address), reason);
    arena->policy->removed(address);
    forget(address, keyHash);
  }
  /// The entry is no longer in the policy, and leaves index and log.
  void forget(Address address, uint64_t keyHash) {
    addPayload(0 - arena->slabs.at(address)->payloadBytes());
    arena->forget(address, keyHash);
  }

  // These note an entry that is about to leave. They are not inlined, so that a store to which
  // nobody listens takes no longer for them.

  EBBCACHE_NOINLINE void noteRemoval(const Entry& entry, RemovalReason reason);
  /// It leaves for another entry of its key, or because it has expired.
  EBBCACHE_NOINLINE void noteReplaced(const Entry& entry);
  /// All entries are about to leave.
  EBBCACHE_NOINLINE void noteCleared();

  /// A decrease is given as its complement, as unsigned numbers have it.
  void addPayload(uint64_t bytes) {
    payloadBytes.store(payloadBytes.load(std::memory_order_relaxed) + bytes,
                       std::memory_order_relaxed);
  }
  /// What the entries must fit: maxBytes, or less under pressure.
  uint64_t budget() const {
    return std::min(memory.budget(), maxBytes.load(std::memory_order_relaxed));
  }
  /// The bytes of large entries, with the one that is being written.
  uint64_t largeBytes() const { return arena->log.largeBytes() + writingBytes; }
  bool mayGrow(uint64_t bytes) const { return !environment.mayGrow || environment.mayGrow(bytes); }
  /// Computes the least budget that the tables, an open slab and two chunks of the index need.
  uint64_t computeMinBudget();

  /// As it was opened: maxBytes and maxEntries are the bounds now.
  const StoreOptions options;
  const StoreEnvironment environment;
  StoreClock clock;
  const KeyHash hash;
  mutable StripeLocks stripes;
  BudgetedMemory memory;
  std::unique_ptr<Arena> arena;
  /// While a resize moves the entries to another arena: the one that they leave. Readers look there
  /// for what they do not find. All stripes MUST be held to change either pointer.
  std::unique_ptr<Arena> outgoing;
  /// Without hits and misses, which the stripes count, and the numbers below.
  StoreStats counters;
  // Writers change these, and any thread reads them.
  std::atomic<uint64_t> maxBytes;
  std::atomic<uint64_t> maxEntries;
  std::atomic<uint64_t> payloadBytes{0};
  std::atomic<uint64_t> minBudget{0};
  /// Bytes that were taken for a large entry that is being written.
  uint64_t writingBytes = 0;
  RemovalLogs removals;
};

}  // namespace ebbcache
