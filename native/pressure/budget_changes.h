// Changes of one store's budget, made on the calling thread. Each may wait for the store.
#pragma once

#include <cstdint>

#include "pressure/governed_store.h"
#include "pressure/level.h"
#include "pressure/shrink_plan.h"

namespace ebbcache {

/// The budget that a level's share leaves of the maximum `max`; never below the store's floor.
uint64_t maxBudgetOf(uint64_t max, PressureLevel level, const GovernedStore& store,
                     const LevelShares& shares);
/// The budget that a level's share leaves of the store's maximum.
uint64_t maxBudgetAt(PressureLevel level, const GovernedStore& store, const LevelShares& shares);

/// Lowers the budget to `bytes`, also where another thread changes it meanwhile. The store's
/// history MUST count the result.
Reduction lowerTo(uint64_t bytes, GovernedStore& store);

/// Raises the budget to the share of the level that is held, which is the maximum where none is.
void liftWithinHeld(GovernedStore& store, const LevelShares& shares);
/// Raises the budget from `from` to `to`, where it still is `from`, but not above the share of the
/// level that is held.
void raiseWithinHeld(uint64_t from, uint64_t to, GovernedStore& store, const LevelShares& shares);

}  // namespace ebbcache
