// The numbers of a store at one moment.
#pragma once

#include <cstdint>

namespace ebbcache {

struct StoreStats {
  uint64_t entries = 0;
  /// Key, stamp and value bytes.
  uint64_t payloadBytes = 0;
  uint64_t heldBytes = 0;
  uint64_t budgetBytes = 0;
  uint64_t maxBytes = 0;
  /// 0 for no bound but bytes.
  uint64_t maxEntries = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t puts = 0;
  /// All entries that were evicted: for others, maxEntries, a smaller budget or pressure.
  uint64_t evictions = 0;
  /// Those of `evictions` that maxEntries caused.
  uint64_t evictionsByEntries = 0;
  uint64_t expirations = 0;
  /// Those of `evictions` that pressure caused.
  uint64_t pressureEvictions = 0;
  /// Puts of values too large for the budget.
  uint64_t rejections = 0;
  /// Requests for memory that the system refused.
  uint64_t memoryRefusals = 0;
};

}  // namespace ebbcache
