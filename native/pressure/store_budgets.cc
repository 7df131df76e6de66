#include "pressure/store_budgets.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pressure/budget_changes.h"

namespace ebbcache {
namespace {

/// Whether `more` bytes on top of the used bytes keep both bounds where no level begins and none
/// holds.
bool staysNormal(const MemoryUsage& usage, double belowPercent, uint64_t more) {
  const auto fits = [&](const MemoryBound& bound) {
    const double limit = static_cast<double>(bound.limit) * belowPercent / 100;
    return static_cast<double>(bound.used) + static_cast<double>(more) < limit;
  };
  const bool grouped = usage.group && usage.group->limit > 0;
  return fits(usage.system) && (!grouped || fits(*usage.group));
}

}  // namespace

struct StoreBudgets::Governed {
  Governed(std::shared_ptr<GovernedStore> governed, std::atomic<uint64_t>& failures)
      : store(std::move(governed)),
        executor(std::make_shared<StoreExecutor>(*store, failures)),
        maxBytes(store->maxBytes()) {}
  ~Governed() { executor->close(); }
  Governed(const Governed&) = delete;
  Governed& operator=(const Governed&) = delete;

  const std::shared_ptr<GovernedStore> store;
  /// Shared with those who wait for its orders, who do not own the store.
  const std::shared_ptr<StoreExecutor> executor;
  /// When the next step up is due. Guarded by mutex_, like maxBytes.
  Clock::time_point regrowAt;
  /// The maximum as of add() or the last resized().
  uint64_t maxBytes;
  /// Whether the upkeep of the store is to go on; for the calls that come one at a time.
  bool unfinished = false;
};

class StoreBudgets::Visit {
 public:
  explicit Visit(StoreBudgets& budgets) : visited_(budgets.visited_) {
    const std::lock_guard<std::mutex> lock(budgets.mutex_);
    visited_ = budgets.stores_;
  }
  ~Visit() { visited_.clear(); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  size_t size() const { return visited_.size(); }
  Governed& operator[](size_t i) const { return *visited_[i]; }

 private:
  std::vector<std::shared_ptr<Governed>>& visited_;
};

void StoreBudgets::add(std::shared_ptr<GovernedStore> store) {
  auto governed = std::make_shared<Governed>(std::move(store), failures_);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (find(governed->store.get()) == nullptr) stores_.push_back(std::move(governed));
}

std::shared_ptr<StoreBudgets::Governed> StoreBudgets::remove(const GovernedStore* store) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Governed> found = find(store);
  if (found != nullptr) stores_.erase(std::find(stores_.begin(), stores_.end(), found));
  return found;
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
    const std::shared_ptr<Governed> found = find(store);
    if (found == nullptr || level == PressureLevel::kUnknown) return 0;
    // The time is set before the budget falls, so that no step up follows at once.
    found->regrowAt = now + options.regrowInterval;
    target = found->store;
  }
  if (level == PressureLevel::kNormal) {
    if (target->isGoverned()) liftWithinHeld(*target, options.shares);
    return 0;
  }
  return target->history().apply([&] {
    // The payload is trimmed first: its share is of the current payload.
    Reduction reduction = target->trimPayload(options.shares.at(level));
    if (target->isGoverned())
      reduction += lowerTo(maxBudgetAt(level, *target, options.shares), *target);
    return reduction;
  });
}

uint64_t StoreBudgets::hold(const GovernedStore* store, PressureLevel level,
                            const GovernorOptions& options) {
  std::shared_ptr<GovernedStore> target;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::shared_ptr<Governed> found = find(store);
    if (found == nullptr || level == PressureLevel::kUnknown || !found->store->isGoverned())
      return 0;
    target = found->store;
  }
  return target->history().hold(level, [&] {
    Reduction reduction;
    if (level == PressureLevel::kNormal) return reduction;
    reduction = lowerTo(maxBudgetAt(level, *target, options.shares), *target);
    if (level == PressureLevel::kCritical) reduction += target->trimPayload(0);
    return reduction;
  });
}

void StoreBudgets::resized(const GovernedStore* store, const GovernorOptions& options) {
  std::shared_ptr<GovernedStore> target;
  uint64_t maxBefore = 0;
  uint64_t max = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::shared_ptr<Governed> found = find(store);
    if (found == nullptr || !found->store->isGoverned()) return;
    target = found->store;
    max = target->maxBytes();
    maxBefore = std::exchange(found->maxBytes, max);
  }
  target->history().reduce([&] {
    const PressureLevel level = target->history().level();
    Reduction reduction;
    if (level <= PressureLevel::kNormal) return reduction;
    const uint64_t maxBudget = maxBudgetAt(level, *target, options.shares);
    const uint64_t budget = target->budgetBytes();
    // A budget that was lowered further than its level asks, e.g. for an eviction target, regrows.
    const bool wasAtMax = budget >= maxBudgetOf(maxBefore, level, *target, options.shares);
    if (max > maxBefore && wasAtMax && budget < maxBudget) {
      target->setBudget(budget, maxBudget);
    } else {
      reduction = lowerTo(maxBudget, *target);
    }
    return reduction;
  });
}

void StoreBudgets::regrowBy(Clock::time_point latest) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& each : stores_) each->regrowAt = std::min(each->regrowAt, latest);
}

void StoreBudgets::waitForOrders() {
  // The visit keeps the stores: if another thread removes one meanwhile, that thread releases it.
  std::vector<std::shared_ptr<StoreExecutor>> executors;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& each : stores_) executors.push_back(each->executor);
  }
  for (const auto& executor : executors) executor->wait();
}

UpkeepRound StoreBudgets::maintain(UpkeepScope scope, Clock::duration longest) {
  UpkeepRound round;
  const Visit stores(*this);
  const auto began = Clock::now();
  const size_t first = firstTurn_;
  bool late = false;
  bool served = false;
  for (size_t i = 0; i < stores.size(); i++) {
    const size_t turn = (first + i) % stores.size();
    Governed& governed = stores[turn];
    governed.executor->joinEnded();
    if (scope == UpkeepScope::kUnfinished && !governed.unfinished) continue;
    if (!late && served && Clock::now() - began >= longest) {
      late = true;
      firstTurn_ = turn;
    }
    if (late) {
      governed.unfinished = round.more = true;
      continue;
    }
    served = true;
    try {
      maintain(governed, scope, round);
    } catch (...) {
      // The store has its turn again, and so have the others.
      failures_.fetch_add(1, std::memory_order_relaxed);
      governed.unfinished = false;
    }
  }
  return round;
}

void StoreBudgets::maintain(Governed& governed, UpkeepScope scope, UpkeepRound& round) {
  StoreExecutor& executor = *governed.executor;
  governed.unfinished = true;
  if (executor.isBusy()) {
    round.waits = true;
    return;
  }
  // A call that could wait has just maintained it, where one was ordered in the previous round.
  const std::optional<Upkeep> ordered = executor.takeUpkeep();
  if (ordered && *ordered != Upkeep::kIdle) round.found = true;
  const bool again = scope == UpkeepScope::kAll || !ordered || *ordered == Upkeep::kMore;
  const Upkeep upkeep = again ? governed.store->maintain(Waiting::kNo) : Upkeep::kIdle;
  switch (upkeep) {
    case Upkeep::kIdle:
    case Upkeep::kDone:
      governed.unfinished = false;
      round.found = round.found || upkeep == Upkeep::kDone;
      break;
    case Upkeep::kMore:
      round.found = round.more = true;
      break;
    case Upkeep::kBusy:
      executor.give(StoreOrder());
      round.waits = true;
      break;
  }
}

bool StoreBudgets::shrink(const Assessment& assessment, const LevelShares& shares,
                          Clock::time_point regrowAt) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& each : stores_) each->regrowAt = regrowAt;
  }
  shares_.clear();
  sharers_.clear();
  const Visit stores(*this);
  for (size_t i = 0; i < stores.size(); i++) {
    GovernedStore& store = *stores[i].store;
    if (!store.isGoverned()) continue;
    store.history().see(assessment.level);
    shares_.push_back({store.heldBytes(), store.budgetBytes(), store.maxBytes(), store.minBytes()});
    sharers_.push_back(&stores[i]);
  }
  planShrink(shares_, assessment.level, assessment.evictionTarget, shares);
  bool ordered = false;
  for (size_t i = 0; i < shares_.size(); i++) {
    const StoreUsage& share = shares_[i];
    if (share.planned >= share.budget) continue;
    const StoreOrder order{StoreOrder::Kind::kLower, share.budget, share.planned, shares};
    ordered = sharers_[i]->executor->give(order) || ordered;
  }
  return ordered;
}

bool StoreBudgets::regrow(const MemoryUsage& usage, const GovernorOptions& options,
                          Clock::time_point now) {
  const double below = leaveBelow(options.thresholds.elevated);
  uint64_t granted = 0;
  bool isBelow = false;
  const Visit stores(*this);
  for (size_t i = 0; i < stores.size(); i++) {
    GovernedStore& store = *stores[i].store;
    if (!store.isGoverned()) continue;
    store.history().see(PressureLevel::kNormal);
    const uint64_t budget = store.budgetBytes();
    const uint64_t maxBudget = maxBudgetAt(store.history().held(), store, options.shares);
    if (budget >= maxBudget) continue;
    isBelow = true;
    if (!isDue(stores[i], now)) continue;
    const auto share =
        static_cast<uint64_t>(options.regrowStep * static_cast<double>(store.maxBytes()));
    const uint64_t step = std::min(std::max<uint64_t>(share, 1), maxBudget - budget);
    if (!staysNormal(usage, below, granted + step)) continue;
    const StoreOrder order{StoreOrder::Kind::kRaise, budget, budget + step, options.shares};
    if (stores[i].executor->give(order)) granted += step;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& each : stores_) {
    if (now >= each->regrowAt) each->regrowAt = now + options.regrowInterval;
  }
  return isBelow;
}

bool StoreBudgets::isDue(const Governed& governed, Clock::time_point now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return now >= governed.regrowAt;
}

std::shared_ptr<StoreBudgets::Governed> StoreBudgets::find(const GovernedStore* store) const {
  const auto found = std::find_if(stores_.begin(), stores_.end(),
                                  [&](const auto& each) { return each->store.get() == store; });
  return found == stores_.end() ? nullptr : *found;
}

}  // namespace ebbcache
