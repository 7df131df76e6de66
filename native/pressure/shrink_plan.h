// Plans how much each store gives when memory is tight: arithmetic only, no clocks, no locks.
#pragma once

#include <cstdint>
#include <vector>

#include "pressure/level.h"

namespace ebbcache {

/// One governed store. All numbers are bytes.
struct StoreUsage {
  uint64_t held = 0;
  uint64_t budget = 0;
  uint64_t max = 0;
  /// The floor. A floor above `max` counts as `max`.
  uint64_t min = 0;
  /// The result of planShrink(): never above `budget`, and not below the floor unless `budget` is.
  uint64_t planned = 0;
};

/// The share of its maximum, 0 to 1, that a store may keep at a level. Normal is 1, critical is 0.
struct LevelShares {
  double elevated = 0.75;
  double high = 0.5;

  double at(PressureLevel level) const;
};

/// Fills in the planned budgets at `level` with `evictionTarget` bytes still to be freed.
///
/// The level alone asks for its share of each store's maximum, and for the floor when critical.
/// Those are shares of the maximum, not of the budget, so a level that stays asks for nothing
/// twice.
///
/// Where that frees less than `evictionTarget`, every store gives the same share of its held bytes
/// (or what its level asks, where that is more), none below its floor, until the sum is reached;
/// while that is not enough, none may grow. Only held bytes count as freed: an unused budget gives
/// nothing back. At normal and unknown nothing changes.
void planShrink(std::vector<StoreUsage>& stores, PressureLevel level, uint64_t evictionTarget,
                const LevelShares& shares = {});

}  // namespace ebbcache
