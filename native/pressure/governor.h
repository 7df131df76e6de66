// The governor: one native thread per process that shrinks stores when memory gets tight, without
// JavaScript, and lets them regrow when it has passed. It has each store do what may take long on a
// thread of the store's own (see StoreExecutor), so that no store waits for another.
//
// Locks, always taken in this order, and none of a store inside the last three:
//   lifecycleMutex_   add, remove and configure, and with them the start and the join of the thread
//   tickMutex_        held for a whole tick, which waits for no store
//   (the turn of a store's history, then the store's own locks: taken by the store's thread and by
//   apply(), hold() and resized(), with none of the above)
//   mutex_, and StoreBudgets' own: for what is looked up, never for long
//   a StoreExecutor's, and a history's own, never for long either
//   GrowthGuard's     taken by stores that ask mayGrow() while they hold their own
// Where the system refuses a store's thread, what was ordered is done in the tick, and the turn and
// the locks of that store are taken inside tickMutex_: remove() and configure() wait for it then.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "memory/pressure_watch.h"
#include "memory/snapshot.h"
#include "pressure/governor_options.h"
#include "pressure/growth_guard.h"
#include "pressure/level.h"
#include "pressure/standing_stalls.h"
#include "pressure/store_budgets.h"

namespace ebbcache {

/// What a governor sees the machine by.
struct GovernorInputs {
  /// For its looks, and for mayGrow().
  std::unique_ptr<MemoryReader> reader;
  std::unique_ptr<MemoryReader> growthReader;
  std::unique_ptr<PressureWatch> watch;

  /// This operating system's; the watch hears nothing where the options want no early warnings.
  static GovernorInputs open(const GovernorOptions& options = {}, const MemoryRoots& roots = {});
};

struct GovernorStatus {
  /// Whether the thread runs.
  bool running = false;
  /// What the last look found: see Governor::level().
  Assessment assessment;
  /// Looks at the machine, without those of mayGrow().
  uint64_t looks = 0;
  /// Those that failed, those of mayGrow() that did, and what an exception ended of all else that
  /// the governor does, where the heap is exhausted, say.
  uint64_t failedReads = 0;
  /// The sentence of the last of them, but for mayGrow(); empty where nothing has failed.
  std::string lastFailure;
  /// Times that tasks waited for memory, as the system signalled, or that the group had to read
  /// dropped page cache again.
  uint64_t stalls = 0;
  /// Looks after which a lower budget was ordered from a store. One that is still at an earlier
  /// order is given none.
  uint64_t reductions = 0;
};

/// Thread-safe. The thread runs while at least one store is registered; where the system refuses
/// one, nothing shrinks unasked, but mayGrow() still guards, and the next add() tries again.
///
/// A tick maintains the stores, then looks at usage. Elevated and above: budgets fall as
/// planShrink() says. Normal: they rise by a step each regrowInterval, the first one an interval
/// after the pressure ended. A look that fails leaves them as they are.
///
/// The next tick comes after `interval`, later where nothing can happen before (see
/// nextPollDelay()), and at once when the system signals that memory gets tight. In between, stores
/// are maintained as UpkeepPace says. No exception ends the thread.
class Governor {
 public:
  using Clock = std::chrono::steady_clock;

  /// `options` must be valid: see GovernorOptions::whyInvalid(). With null readers every look
  /// fails.
  explicit Governor(const GovernorOptions& options = {},
                    GovernorInputs inputs = GovernorInputs::open());
  ~Governor();
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  /// Where the heap is exhausted, std::bad_alloc with nothing changed.
  void add(std::shared_ptr<GovernedStore> store);
  /// On return no thread of the governor touches the store or will: waits for what this store is
  /// doing, with no lock held. From any thread, but neither from within a call to a GovernedStore
  /// nor with a lock held that such a call takes.
  void remove(const GovernedStore* store);

  /// Asked by a store that is about to take `bytes` from the OS: false when that would bring usage
  /// past the high threshold of the tighter bound. A fill at memcpy speed outruns any sampler; this
  /// does not. When the machine cannot be read the last good answer stands.
  bool mayGrow(uint64_t bytes, Clock::time_point now = Clock::now());

  /// From now on by these options, which must be valid, and on this machine. Budgets stay as they
  /// are until the next tick.
  void configure(const GovernorOptions& options, GovernorInputs inputs);
  GovernorOptions options() const;

  /// Does at once what a tick at `level` would do to this store, without an eviction target; and
  /// the store keeps no more than the level's share of its payload, however far it is below its
  /// budget. The budget is never raised but at normal, which lifts it to the maximum, or to the
  /// share of a level that is held; from other levels it regrows as after any pressure. The budget
  /// of a store that does not ebb stays.
  /// Returns the bytes given back; 0 for a store that is not registered.
  uint64_t apply(const GovernedStore* store, PressureLevel level);

  /// Keeps the budget at the level's share until another level is held: it falls at once and
  /// regrows no further. Normal ends it; critical leaves no more than the floor's payload either.
  /// For those who watch by other thresholds, and may say so again and again. Nothing for a store
  /// that does not ebb, or is not registered.
  uint64_t hold(const GovernedStore* store, PressureLevel level);

  /// To be called after the maximum of the store has changed. While its level is above normal the
  /// budget is what the level leaves of the new maximum. A larger maximum raises it only from what
  /// the level left of the former one; what was lowered further regrows as after any pressure.
  /// Nothing for a store that does not ebb, or is not registered.
  void resized(const GovernedStore* store);

  /// As of the last tick; unknown before the first one, after a look that failed, and while no
  /// store is registered.
  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }
  GovernorStatus status() const;

  /// One tick, and what follows from it, without waiting for the thread. For tests: it returns
  /// once the stores have done what they were ordered.
  void tick(Clock::time_point now);

 private:
  /// How to sleep after a tick.
  struct Sleep {
    std::chrono::milliseconds atMost;
    /// Whether usage is so high that stalls count, or soon may.
    bool listening;
  };

  void run();
  void startThread();
  void stopThread();
  /// True when a store had something to do.
  bool upkeepLocked(UpkeepPace& pace, Clock::time_point now, bool looks);
  /// `found` when upkeep had something to do since the last look.
  Sleep lookLocked(Clock::time_point now, bool found);
  Assessment look(Clock::time_point now, MemoryUsage& usage, bool earlyWarnings);
  /// Sleeps until then, and hears what the system says meanwhile. True when it said something, or
  /// the thread was woken: there is a reason to look.
  bool sleepUntil(Clock::time_point until, bool listening);
  void hear(Stalls stalls);
  void forgetLevel();
  /// Calls `step`. False when an exception ended it, which is counted.
  template <typename Step>
  bool attempt(Step&& step) noexcept;
  /// Counts it. Needs no heap, nor does setLastFailure(), which is called with mutex_ held.
  void noteFailure(const char* what) noexcept;
  void setLastFailure(std::string_view sentence) noexcept;
  /// Has the thread look at once.
  void wake();

  GrowthGuard guard_;
  StoreBudgets budgets_;
  std::atomic<PressureLevel> level_{PressureLevel::kUnknown};
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};

  std::mutex lifecycleMutex_;
  std::thread thread_;  // guarded by lifecycleMutex_

  std::mutex tickMutex_;
  // Guarded by tickMutex_.
  std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
  StandingStalls stalls_;

  mutable std::mutex mutex_;
  // Guarded by mutex_. The watch changes only while there is no thread, which uses it without.
  std::unique_ptr<PressureWatch> watch_;
  GovernorOptions options_;
  GovernorStatus status_;
};

}  // namespace ebbcache
