#include "pressure/budget_changes.h"

#include <algorithm>

namespace ebbcache {
namespace {

/// Never lowers a budget, also where the maximum changes meanwhile, so that no entry is evicted
/// without a cause.
void raise(uint64_t from, uint64_t to, GovernedStore& store) {
  if (to > from) store.setBudget(from, to);
}

}  // namespace

uint64_t maxBudgetOf(uint64_t max, PressureLevel level, const GovernedStore& store,
                     const LevelShares& shares) {
  const auto share = static_cast<uint64_t>(shares.at(level) * static_cast<double>(max));
  return std::min(max, std::max(share, store.minBytes()));
}

uint64_t maxBudgetAt(PressureLevel level, const GovernedStore& store, const LevelShares& shares) {
  return maxBudgetOf(store.maxBytes(), level, store, shares);
}

Reduction lowerTo(uint64_t bytes, GovernedStore& store) {
  Reduction reduction;
  // The loop tries again where another thread has changed the budget meanwhile.
  constexpr int kMaxTries = 3;
  for (int i = 0; i < kMaxTries; ++i) {
    const uint64_t budget = store.budgetBytes();
    if (budget <= bytes) break;
    reduction += store.setBudget(budget, bytes);
  }
  return reduction;
}

void liftWithinHeld(GovernedStore& store, const LevelShares& shares) {
  store.history().raise([&](PressureLevel held) {
    raise(store.budgetBytes(), maxBudgetAt(held, store, shares), store);
  });
}

void raiseWithinHeld(uint64_t from, uint64_t to, GovernedStore& store, const LevelShares& shares) {
  store.history().raise([&](PressureLevel held) {
    raise(from, std::min(to, maxBudgetAt(held, store, shares)), store);
  });
}

}  // namespace ebbcache
