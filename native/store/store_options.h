// The options with which a store is opened, and those of a put.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "hash/siphash.h"
#include "slab/budgeted_memory.h"
#include "store/eviction_policy.h"

namespace ebbcache {

struct StoreOptions {
  /// The maximum bytes held, from kMinBudgetBytes to kMaxBudgetBytes.
  uint64_t maxBytes = 0;
  /// The maximum number of entries; 0 where only bytes are bounded.
  uint64_t maxEntries = 0;
  Policy policy = Policy::kLru;
  /// The time to live of entries that are put without their own, ms; 0 for none.
  uint64_t defaultTtlMs = 0;
  /// Whether each value has a stamp: 8 bytes that lie before it and count as payload.
  bool stamped = false;

  /// Returns an empty string when all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// The services that a store needs from its environment; tests replace them.
struct StoreEnvironment {
  MemorySource* memory = &osMemory();
  /// A clock of monotonic milliseconds, which the store's own time follows.
  uint64_t (*steadyMs)() = nullptr;
  /// Is asked before a slab is taken or ordered, or memory for a large entry. A store that may not
  /// grow works within the memory that it holds. With a supply, the supply's thread asks too.
  std::function<bool(uint64_t bytes)> mayGrow;
  /// Makes slabs of huge pages ahead of need, so that puts do not wait for them. It MUST outlive
  /// the store. Without one, slabs are mapped when they are needed.
  SlabSupply* supply = nullptr;
  /// The seed of the keys' hashes. Without one it is random, as it MUST be where others choose the
  /// keys. With one, the same calls do the same work in every process.
  std::optional<HashSeed> hashSeed;
};

struct PutOptions {
  /// The time to live, ms; 0 for the store's default.
  uint64_t ttlMs = 0;
  /// The cost of making the value, ms.
  double cost = 0;
  /// The stamp, which is kept with the value where the store is stamped.
  uint64_t stamp = 0;
};

}  // namespace ebbcache
