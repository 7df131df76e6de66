// What the governor knows of a store.
#pragma once

#include <cstdint>

#include "pressure/pressure_history.h"

namespace ebbcache {

/// Called from the governor's thread and from those that apply a level; must be thread-safe and
/// must not throw. None of it may call the governor, or the store's history.
class GovernedStore {
 public:
  virtual ~GovernedStore() = default;
  /// False for a store that does not shrink under pressure; it is still maintained.
  virtual bool ebbs() const = 0;
  virtual uint64_t heldBytes() const = 0;
  virtual uint64_t budgetBytes() const = 0;
  virtual uint64_t maxBytes() const = 0;
  /// The floor under pressure: no budget becomes less.
  virtual uint64_t minBytes() const = 0;
  /// Changes the budget, between minBytes and maxBytes, where it still is `from`; when that evicts,
  /// the memory is back with the OS on return.
  virtual Reduction changeBudget(uint64_t from, uint64_t to) = 0;
  /// Evicts until `share` (0 to 1) of its payload is left, but minBytes of it at least, whatever
  /// the budget.
  virtual Reduction keepShareOfPayload(double share) = 0;
  /// Periodic upkeep: returns the bytes of expired entries to the budget. Cheap when idle. False
  /// where nothing was found to do.
  virtual bool maintain() = 0;

  /// What pressure it came under, kept by those who make it shrink.
  PressureHistory& history() { return history_; }
  const PressureHistory& history() const { return history_; }

 private:
  PressureHistory history_;
};

}  // namespace ebbcache
