// The governor: one native thread per process that shrinks stores when memory gets tight, without
// JavaScript, and lets them regrow when it has passed.
//
// Locks, always taken in this order, and never one of a store inside GrowthGuard's:
//   lifecycleMutex_   add and remove, and with them the start and the join of the thread
//   mutex_            the stores; held for a whole tick, so remove() waits for a tick to end
//   (the stores' own locks, taken by what a tick calls)
//   GrowthGuard's     taken by stores that ask mayGrow() while they hold their own
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memory/snapshot.h"
#include "pressure/ebb_plan.h"
#include "pressure/growth_guard.h"
#include "pressure/level.h"

namespace ebbcache {

/// What the governor knows of a store. Called from the governor's thread; must be thread-safe and
/// must not throw. None of it may call Governor::add() or remove().
class GovernedStore {
 public:
  virtual ~GovernedStore() = default;
  /// False for a store that does not shrink under pressure; it is still maintained.
  virtual bool ebbs() const = 0;
  virtual uint64_t heldBytes() const = 0;
  virtual uint64_t budgetBytes() const = 0;
  virtual uint64_t maxBytes() const = 0;
  /// The floor under pressure.
  virtual uint64_t minBytes() const = 0;
  /// Changes the budget, between minBytes and maxBytes; when that evicts, the memory is back with
  /// the OS on return. Returns the bytes given back.
  virtual uint64_t setPressureBudget(uint64_t bytes) = 0;
  /// Periodic upkeep: returns the bytes of expired entries to the budget. Cheap when idle.
  virtual void maintain() = 0;
};

struct GovernorOptions {
  /// Between two looks; at least 1 ms.
  std::chrono::milliseconds interval{100};
  /// Must be valid: see Thresholds::whyInvalid().
  Thresholds thresholds;
  /// Share of maxBytes that the budget regrows by, per regrowInterval, once the level is normal
  /// and stays so with the step taken. CacheLib's memory monitor advises in steps of 5 %.
  double regrowStep = 0.05;
  std::chrono::milliseconds regrowInterval{1000};
};

/// Thread-safe. The thread runs while at least one store is registered; where the system refuses
/// one, nothing shrinks unasked, but mayGrow() still guards, and the next add() tries again.
///
/// A tick maintains every store, then looks at usage. Elevated and above: budgets fall as planEbb()
/// says. Normal: they rise by a step each regrowInterval, the first one an interval after the
/// pressure ended. A look that fails leaves them as they are.
class Governor {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Governor(GovernorOptions options, const MemoryRoots& roots = {});
  /// With readers of the caller's: one for the ticks, one for mayGrow().
  Governor(GovernorOptions options, std::unique_ptr<MemoryReader> tickReader,
           std::unique_ptr<MemoryReader> growthReader);
  ~Governor();
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  void add(std::shared_ptr<GovernedStore> store);
  /// On return the governor does not and will not touch the store. From any thread, but neither
  /// from within a call to a GovernedStore nor with a lock held that such a call takes.
  void remove(const GovernedStore* store);

  /// Asked by a store that is about to take `bytes` from the OS: false when that would bring usage
  /// past the high threshold of the tighter bound. A fill at memcpy speed outruns any sampler; this
  /// does not. When the machine cannot be read the last good answer stands.
  bool mayGrow(uint64_t bytes, Clock::time_point now = Clock::now());

  /// As of the last tick; unknown before the first one, after a look that failed, and while no
  /// store is registered.
  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }
  /// Looks that failed, those of mayGrow() included.
  uint64_t failedReads() const;

  /// One look and what follows from it, without waiting for the thread. For tests.
  void tick(Clock::time_point now);

 private:
  void run();
  void startThread();
  void stopThread();
  void tickLocked(Clock::time_point now);
  void shrink(const Assessment& assessment);
  void regrow(const MemoryUsage& usage);

  const GovernorOptions options_;
  GrowthGuard guard_;
  std::atomic<PressureLevel> level_{PressureLevel::kUnknown};
  std::atomic<uint64_t> failedTicks_{0};

  std::mutex lifecycleMutex_;
  std::thread thread_;  // guarded by lifecycleMutex_

  std::mutex mutex_;
  std::condition_variable wake_;
  // All below is guarded by mutex_.
  bool stopping_ = false;
  std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
  std::vector<std::shared_ptr<GovernedStore>> stores_;
  Clock::time_point regrowAt_;
  // Scratch of shrink(), kept so that a tick under pressure allocates nothing.
  std::vector<EbbShare> shares_;
  std::vector<GovernedStore*> sharers_;
};

}  // namespace ebbcache
