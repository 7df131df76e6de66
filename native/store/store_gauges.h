// The numbers of a store that any thread may read at any time, without waiting.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "store/store_core.h"

namespace ebbcache {

/// The base of a Store. Each number is right at some moment of its call, but not all are of the
/// same moment: Store::stats() is for that.
class StoreGauges {
 public:
  uint64_t heldBytes() const { return core_.memory.held(); }
  uint64_t payloadBytes() const { return core_.payloadBytes.load(std::memory_order_relaxed); }
  uint64_t budgetBytes() const { return core_.memory.budget(); }
  /// The bytes that the tables and an open slab need: setBudget() sets no lower budget.
  uint64_t minBudget() const { return core_.minBudget.load(std::memory_order_relaxed); }
  uint64_t maxBytes() const { return core_.maxBytes.load(std::memory_order_relaxed); }
  /// The maximum number of entries; 0 where only bytes are bounded.
  uint64_t maxEntries() const { return core_.maxEntries.load(std::memory_order_relaxed); }
  /// The clock that all times to live follow.
  StoreClock& clock() { return core_.clock; }
  /// The place of a key in ChangeCounters.
  uint32_t changePlaceOf(std::string_view key) const {
    return ChangeCounters::placeOf(core_.hash(key));
  }
  /// Whether a removal log is attached.
  bool tellsRemovals() const { return core_.tellsRemovals(); }

 protected:
  StoreGauges(const StoreOptions& options, StoreEnvironment environment,
              std::function<void()> whenSpareIsReady)
      : core_(options, std::move(environment), std::move(whenSpareIsReady)) {}
  ~StoreGauges() = default;

  StoreCore core_;
};

}  // namespace ebbcache
