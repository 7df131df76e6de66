// The budgets of the stores that are governed: lowered when memory gets tight, raised again after.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "memory/snapshot.h"
#include "pressure/governed_store.h"
#include "pressure/governor_options.h"
#include "pressure/level.h"
#include "pressure/shrink_plan.h"
#include "pressure/store_executor.h"
#include "pressure/upkeep_pace.h"

namespace ebbcache {

/// Never calls a store with its own lock held, but only with that of the store's history: a busy
/// store makes only callers for that store wait. The governor's thread orders its changes from the
/// store's own thread. A budget is changed only where it still is as it was read: of two threads
/// that change one at the same time, the later leaves it as the earlier made it.
class StoreBudgets {
 public:
  using Clock = std::chrono::steady_clock;

  /// A store and its thread. The destructor waits for what the store was ordered.
  struct Governed;

  void add(std::shared_ptr<GovernedStore> store);
  /// Returns null for a store that is not there. No order is given to the store any more, and none
  /// is in progress once the result is destroyed. It MUST NOT run beside the calls that come one at
  /// a time.
  std::shared_ptr<Governed> remove(const GovernedStore* store);
  bool empty() const;

  // Any thread may call these; see Governor for what they do. `now` is the current time.
  uint64_t apply(const GovernedStore* store, PressureLevel level, const GovernorOptions& options,
                 Clock::time_point now);
  uint64_t hold(const GovernedStore* store, PressureLevel level, const GovernorOptions& options);
  void resized(const GovernedStore* store, const GovernorOptions& options);
  /// Has no store wait for its next step up beyond `latest`.
  void regrowBy(Clock::time_point latest);
  /// The number of calls of stores that an exception ended.
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  /// Returns once the orders given before the call are carried out.
  void waitForOrders();

  // The calls that follow MUST come one at a time, and not beside remove(). None waits for a store.

  /// Gives stores their turn, first those that had none in the previous round, for about `longest`:
  /// the others have more to do then. At least one has its turn.
  UpkeepRound maintain(UpkeepScope scope, Clock::duration longest = Clock::duration::max());
  /// Orders the budgets that planShrink() says; they do not regrow before `regrowAt`. Returns true
  /// where a store was ordered to lower its budget.
  bool shrink(const Assessment& assessment, const LevelShares& shares, Clock::time_point regrowAt);
  /// Orders the steps up that are due and keep usage where no level begins. Returns true while a
  /// store is below the budget that it may have.
  bool regrow(const MemoryUsage& usage, const GovernorOptions& options, Clock::time_point now);

 private:
  /// Holds all stores for the time of a call that may call them, without the lock.
  class Visit;

  std::shared_ptr<Governed> find(const GovernedStore* store) const;
  void maintain(Governed& governed, UpkeepScope scope, UpkeepRound& round);
  bool isDue(const Governed& governed, Clock::time_point now) const;

  std::atomic<uint64_t> failures_{0};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Governed>> stores_;  // guarded by mutex_
  // The scratch memory of the calls that come one at a time, kept so that a call under pressure
  // allocates nothing.
  std::vector<std::shared_ptr<Governed>> visited_;
  std::vector<StoreUsage> shares_;
  std::vector<Governed*> sharers_;
  /// The store that has the first turn in the next round of upkeep.
  size_t firstTurn_ = 0;
};

}  // namespace ebbcache
