// The numbers of a store at one moment.
#pragma once

#include <cstdint>

namespace ebbcache {

struct StoreStats {
  uint64_t entries = 0;
  /// The bytes of keys, stamps and values.
  uint64_t payloadBytes = 0;
  uint64_t heldBytes = 0;
  uint64_t budgetBytes = 0;
  uint64_t maxBytes = 0;
  /// The maximum number of entries; 0 where only bytes are bounded.
  uint64_t maxEntries = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t puts = 0;
  /// The number of evictions: for puts, maxEntries, a smaller budget or pressure.
  uint64_t evictions = 0;
  /// The number of evictions that maxEntries caused.
  uint64_t evictionsByEntries = 0;
  uint64_t expirations = 0;
  /// The number of evictions that pressure caused.
  uint64_t pressureEvictions = 0;
  /// The number of puts of values too large for the budget.
  uint64_t rejections = 0;
  /// The number of requests for memory that the system refused.
  uint64_t memoryRefusals = 0;
};

}  // namespace ebbcache
