#include "pressure/store_budgets.h"

#include <algorithm>
#include <utility>

namespace ebbcache {
namespace {

/// Whether `more` bytes on top of what is used keep both bounds where no level begins and none
/// holds.
bool staysNormal(const MemoryUsage& usage, double belowPercent, uint64_t more) {
  const auto fits = [&](const MemoryBound& bound) {
    const double limit = static_cast<double>(bound.limit) * belowPercent / 100;
    return static_cast<double>(bound.used) + static_cast<double>(more) < limit;
  };
  const bool grouped = usage.group && usage.group->limit > 0;
  return fits(usage.system) && (!grouped || fits(*usage.group));
}

/// The budget that a level's share leaves.
uint64_t mostAt(PressureLevel level, const GovernedStore& store, const LevelShares& shares) {
  const uint64_t max = store.maxBytes();
  const auto share = static_cast<uint64_t>(shares.at(level) * static_cast<double>(max));
  return std::min(max, std::max(share, store.minBytes()));
}

Reduction lowerTo(uint64_t bytes, GovernedStore& store) {
  Reduction reduction;
  // Again where somebody else has changed it meanwhile.
  constexpr int kMostTries = 3;
  for (int i = 0; i < kMostTries; ++i) {
    const uint64_t budget = store.budgetBytes();
    if (budget <= bytes) break;
    reduction += store.changeBudget(budget, bytes);
  }
  return reduction;
}

/// Raises the budget to the maximum. It never lowers one, also where the maximum changes meanwhile,
/// so that no entry is evicted without a cause.
void liftBudget(GovernedStore& store) {
  const uint64_t budget = store.budgetBytes();
  const uint64_t max = store.maxBytes();
  if (max > budget) store.changeBudget(budget, max);
}

}  // namespace

void StoreBudgets::add(std::shared_ptr<GovernedStore> store) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (find(store.get()) == nullptr) stores_.push_back({std::move(store), {}});
}

std::shared_ptr<GovernedStore> StoreBudgets::remove(const GovernedStore* store) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Governed* const found = find(store);
  if (found == nullptr) return nullptr;
  std::shared_ptr<GovernedStore> removed = std::move(found->store);
  stores_.erase(stores_.begin() + (found - stores_.data()));
  return removed;
}

bool StoreBudgets::empty() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stores_.empty();
}

uint64_t StoreBudgets::apply(const GovernedStore* store, PressureLevel level,
                             const GovernorOptions& options, Clock::time_point now) {
  std::shared_ptr<GovernedStore> target;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Governed* const found = find(store);
    if (found == nullptr || level == PressureLevel::kUnknown) return 0;
    // Before the budget falls, so that no step up follows at once.
    found->regrowAt = now + options.regrowInterval;
    target = found->store;
  }
  if (level == PressureLevel::kNormal) {
    if (target->ebbs()) liftBudget(*target);
    return 0;
  }
  return target->history().apply([&] {
    // The payload first: its share is of what there is now.
    Reduction reduction = target->keepShareOfPayload(options.shares.at(level));
    if (target->ebbs()) reduction += lowerTo(mostAt(level, *target, options.shares), *target);
    return reduction;
  });
}

uint64_t StoreBudgets::hold(const GovernedStore* store, PressureLevel level,
                            const GovernorOptions& options) {
  std::shared_ptr<GovernedStore> target;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Governed* const found = find(store);
    if (found == nullptr || level == PressureLevel::kUnknown || !found->store->ebbs()) return 0;
    target = found->store;
  }
  return target->history().hold(level, [&] {
    Reduction reduction;
    if (level == PressureLevel::kNormal) return reduction;
    reduction = lowerTo(mostAt(level, *target, options.shares), *target);
    if (level == PressureLevel::kCritical) reduction += target->keepShareOfPayload(0);
    return reduction;
  });
}

void StoreBudgets::regrowBy(Clock::time_point latest) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Governed& each : stores_) each.regrowAt = std::min(each.regrowAt, latest);
}

bool StoreBudgets::maintain() {
  bool busy = false;
  for (const Governed& each : visit()) busy = each.store->maintain() || busy;
  visited_.clear();
  return busy;
}

bool StoreBudgets::shrink(const Assessment& assessment, const LevelShares& shares,
                          Clock::time_point regrowAt) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Governed& each : stores_) each.regrowAt = regrowAt;
  }
  shares_.clear();
  sharers_.clear();
  for (const Governed& each : visit()) {
    GovernedStore& store = *each.store;
    if (!store.ebbs()) continue;
    store.history().see(assessment.level);
    shares_.push_back({store.heldBytes(), store.budgetBytes(), store.maxBytes(), store.minBytes()});
    sharers_.push_back(each.store.get());
  }
  planEbb(shares_, assessment.level, assessment.evictionTarget, shares);
  bool fell = false;
  for (size_t i = 0; i < shares_.size(); i++) {
    const EbbShare& share = shares_[i];
    if (share.planned >= share.budget) continue;
    GovernedStore& store = *sharers_[i];
    store.history().reduce([&] { return store.changeBudget(share.budget, share.planned); });
    fell = store.budgetBytes() < share.budget || fell;
  }
  visited_.clear();
  return fell;
}

bool StoreBudgets::regrow(const MemoryUsage& usage, const GovernorOptions& options,
                          Clock::time_point now) {
  const double below = leaveBelow(options.thresholds.elevated);
  uint64_t granted = 0;
  bool isBelow = false;
  for (const Governed& each : visit()) {
    GovernedStore& store = *each.store;
    if (!store.ebbs()) continue;
    store.history().see(PressureLevel::kNormal);
    const uint64_t budget = store.budgetBytes();
    const uint64_t most = mostAt(store.history().held(), store, options.shares);
    if (budget >= most) continue;
    isBelow = true;
    if (now < each.regrowAt) continue;
    const auto share =
        static_cast<uint64_t>(options.regrowStep * static_cast<double>(store.maxBytes()));
    const uint64_t step = std::min(std::max<uint64_t>(share, 1), most - budget);
    if (!staysNormal(usage, below, granted + step)) continue;
    granted += step;
    store.changeBudget(budget, budget + step);
  }
  visited_.clear();
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Governed& each : stores_) {
    if (now >= each.regrowAt) each.regrowAt = now + options.regrowInterval;
  }
  return isBelow;
}

StoreBudgets::Governed* StoreBudgets::find(const GovernedStore* store) {
  const auto found = std::find_if(stores_.begin(), stores_.end(),
                                  [&](const Governed& each) { return each.store.get() == store; });
  return found == stores_.end() ? nullptr : &*found;
}

const std::vector<StoreBudgets::Governed>& StoreBudgets::visit() {
  const std::lock_guard<std::mutex> lock(mutex_);
  visited_ = stores_;
  return visited_;
}

}  // namespace ebbcache
