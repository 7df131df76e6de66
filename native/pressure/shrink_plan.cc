#include "pressure/shrink_plan.h"

#include <algorithm>
#include <cmath>

namespace ebbcache {
namespace {

uint64_t floorOf(const StoreUsage& store) {
  return std::min(store.min, store.max);
}

/// The number of bytes that the store frees if it gives `share` of its held bytes, but at least
/// what its level asks.
uint64_t given(const StoreUsage& store, double share) {
  const uint64_t floor = floorOf(store);
  const uint64_t freeable = store.held > floor ? store.held - floor : 0;
  const uint64_t byLevel = store.held > store.planned ? store.held - store.planned : 0;
  const auto byShare = static_cast<uint64_t>(std::ceil(share * static_cast<double>(store.held)));
  return std::max(byLevel, std::min(byShare, freeable));
}

uint64_t givenByAll(const std::vector<StoreUsage>& stores, double share) {
  uint64_t sum = 0;
  for (const StoreUsage& store : stores) sum += given(store, share);
  return sum;
}

/// The smallest share of their held bytes that stores must give to free `target` together; 1 when
/// even that is not enough. The sum rises with the share, but has a corner at every floor:
/// bisection is exact to a byte after 64 steps and needs no case for each corner.
double shareThatFrees(const std::vector<StoreUsage>& stores, uint64_t target) {
  double tooLittle = 0;
  double enough = 1;
  for (int step = 0; step < 64; step++) {
    const double middle = (tooLittle + enough) / 2;
    (givenByAll(stores, middle) >= target ? enough : tooLittle) = middle;
  }
  return enough;
}

}  // namespace

double LevelShares::at(PressureLevel level) const {
  switch (level) {
    case PressureLevel::kElevated:
      return elevated;
    case PressureLevel::kHigh:
      return high;
    case PressureLevel::kCritical:
      return 0;
    case PressureLevel::kNormal:
    case PressureLevel::kUnknown:
      break;
  }
  return 1;
}

void planShrink(std::vector<StoreUsage>& stores, PressureLevel level, uint64_t evictionTarget,
                const LevelShares& shares) {
  const double share = shares.at(level);
  for (StoreUsage& store : stores) {
    const auto byLevel = static_cast<uint64_t>(share * static_cast<double>(store.max));
    store.planned = std::min(store.budget, std::max(byLevel, floorOf(store)));
  }
  if (level <= PressureLevel::kNormal || givenByAll(stores, 0) >= evictionTarget) return;

  const double shareOfHeld = shareThatFrees(stores, evictionTarget);
  for (StoreUsage& store : stores) {
    const uint64_t kept = store.held - given(store, shareOfHeld);
    store.planned = std::min(store.planned, std::max(kept, floorOf(store)));
  }
}

}  // namespace ebbcache
