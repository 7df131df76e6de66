// The budgets of the stores that are governed: lowered when memory gets tight, raised again after.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "memory/snapshot.h"
#include "pressure/ebb_plan.h"
#include "pressure/governed_store.h"
#include "pressure/governor_options.h"
#include "pressure/level.h"

namespace ebbcache {

/// Never calls a store with its own lock held, but only with that of the store's history: a store
/// at work makes nobody wait but who asked for that store. Budgets are changed from what they were
/// seen to be: of two who change one at the same time, the later leaves it as the earlier made it.
class StoreBudgets {
 public:
  using Clock = std::chrono::steady_clock;

  void add(std::shared_ptr<GovernedStore> store);
  /// Null for one that is not there.
  std::shared_ptr<GovernedStore> remove(const GovernedStore* store);
  bool empty() const;

  // From any thread; see Governor for what they do. `now` is when.
  uint64_t apply(const GovernedStore* store, PressureLevel level, const GovernorOptions& options,
                 Clock::time_point now);
  uint64_t hold(const GovernedStore* store, PressureLevel level, const GovernorOptions& options);
  /// No store waits for its next step up for longer than until then.
  void regrowBy(Clock::time_point latest);

  // One of them at a time, and not beside remove().

  /// True when a store found something to do.
  bool maintain();
  /// Lowers the budgets as planEbb() says; they do not regrow before `regrowAt`. True when one
  /// fell.
  bool shrink(const Assessment& assessment, const LevelShares& shares, Clock::time_point regrowAt);
  /// Takes the steps up that are due and keep usage where no level begins. True while a store is
  /// below what it may have.
  bool regrow(const MemoryUsage& usage, const GovernorOptions& options, Clock::time_point now);

 private:
  struct Governed {
    std::shared_ptr<GovernedStore> store;
    /// When the next step up is due.
    Clock::time_point regrowAt;
  };

  Governed* find(const GovernedStore* store);
  /// All stores, for the time of a call, without the lock.
  const std::vector<Governed>& visit();

  mutable std::mutex mutex_;
  std::vector<Governed> stores_;  // guarded by mutex_
  // Scratch of the calls that come one at a time, kept so that one under pressure allocates
  // nothing.
  std::vector<Governed> visited_;
  std::vector<EbbShare> shares_;
  std::vector<GovernedStore*> sharers_;
};

}  // namespace ebbcache
