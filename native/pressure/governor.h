// The governor: one native thread per process that shrinks stores when memory gets tight, without
// JavaScript, and regrows them when the pressure has passed. Work of a store that may take long is
// done on a thread of the store's own (see StoreExecutor), so that no store waits for another.
//
// Locks MUST be taken in this order, and no lock of a store inside mutex_ or those after it:
//   lifecycleMutex_   add, remove and configure, and with them the start and the join of the thread
//   tickMutex_        held for a whole tick, which waits for no store
//   (the turn of a store's history, then the store's own locks: taken by the store's thread and by
//   apply(), hold() and resized(), with none of the above)
//   mutex_, and that of StoreBudgets: held briefly
//   that of a StoreExecutor, and that of a history: held briefly
//   that of GrowthGuard: taken by stores that ask mayGrow() while they hold their own
//
// Where the system refuses a store's thread, its orders are carried out in the tick, and the turn
// and the locks of that store are taken inside tickMutex_: remove() and configure() wait for it.
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

/// The sources of a governor's samples.
struct GovernorInputs {
  /// Two readers: one for the samples and one for mayGrow().
  std::unique_ptr<MemoryReader> reader;
  std::unique_ptr<MemoryReader> growthReader;
  std::unique_ptr<PressureWatch> watch;

  /// Opens those of this operating system; the watch hears nothing where the options want no early
  /// warnings.
  static GovernorInputs open(const GovernorOptions& options = {}, const MemoryRoots& roots = {});
};

struct GovernorStatus {
  /// Whether the thread runs.
  bool running = false;
  /// The result of the last sample: see Governor::level().
  Assessment assessment;
  /// The number of samples of the machine, without the readings of mayGrow().
  uint64_t samples = 0;
  /// The number of failures: samples, readings of mayGrow(), and other work of the governor that an
  /// exception ended, e.g. where the heap is exhausted.
  uint64_t failedReads = 0;
  /// A sentence about the last failure, without those of mayGrow(); empty where nothing has failed.
  std::string lastFailure;
  /// How often the system signalled that tasks waited for memory, or the group had to read dropped
  /// page cache again.
  uint64_t stalls = 0;
  /// The number of samples after which a store was ordered to lower its budget. A store that still
  /// carries out an earlier order is given none.
  uint64_t reductions = 0;
};

/// Thread-safe. The thread runs while at least one store is registered. Where the system refuses
/// one, no store shrinks unasked, but mayGrow() still guards, and the next add() tries again.
///
/// A tick maintains the stores, then samples usage. At elevated and above, budgets fall as
/// planShrink() says. At normal they rise by a step each regrowInterval, the first one an interval
/// after the pressure ended. A sample that fails leaves them as they are.
///
/// The next tick comes after `interval`, later where nothing can happen before (see
/// nextPollDelay()), and at once when the system signals that memory gets tight. In between, stores
/// are maintained as UpkeepPace says. No exception ends the thread.
class Governor {
 public:
  using Clock = std::chrono::steady_clock;

  /// `options` MUST be valid: see GovernorOptions::whyInvalid(). With null readers every sample
  /// fails.
  explicit Governor(const GovernorOptions& options = {},
                    GovernorInputs inputs = GovernorInputs::open());
  ~Governor();
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  /// Throws std::bad_alloc with nothing changed where the heap is exhausted.
  void add(std::shared_ptr<GovernedStore> store);
  /// Waits for what the store is doing, with no lock held: on return no thread of the governor
  /// touches the store or will. Any thread may call it, but neither from within a call to a
  /// GovernedStore nor with a lock held that such a call takes.
  void remove(const GovernedStore* store);

  /// A store asks this before it takes `bytes` from the OS: false where that would bring usage past
  /// the high threshold of the tighter bound. Any sampler is too slow for a fill at memcpy speed;
  /// this is not. When the machine cannot be read the last good answer stands.
  bool mayGrow(uint64_t bytes, Clock::time_point now = Clock::now());

  /// Replaces the options, which MUST be valid, and the sources of samples. Budgets stay as they
  /// are until the next tick.
  void configure(const GovernorOptions& options, GovernorInputs inputs);
  GovernorOptions options() const;

  /// Does at once what a tick at `level` would do to this store, without an eviction target. The
  /// store also keeps no more than the level's share of its payload, however far it is below its
  /// budget.
  ///
  /// The budget is raised only at normal, to the maximum, or to the share of a level that is held;
  /// from other levels it regrows as after any pressure. The budget of a store that is not governed
  /// stays.
  ///
  /// Returns the number of bytes released; 0 for a store that is not registered.
  uint64_t apply(const GovernedStore* store, PressureLevel level);

  /// Keeps the budget at the level's share until another level is held: it falls at once and
  /// regrows no further. Normal ends it; critical also leaves at most the floor's payload. It is
  /// for callers that watch other thresholds, and may be repeated. It does nothing for a store that
  /// is not governed or not registered.
  uint64_t hold(const GovernedStore* store, PressureLevel level);

  /// MUST be called after the maximum of the store has changed. While the store's level is above
  /// normal the budget becomes the level's share of the new maximum. A larger maximum raises it
  /// only from the level's share of the former one; a budget that was lowered further regrows as
  /// after any pressure. It does nothing for a store that is not governed or not registered.
  void resized(const GovernedStore* store);

  /// The level as of the last tick; unknown before the first one, after a sample that failed, and
  /// while no store is registered.
  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }
  GovernorStatus status() const;

  /// Makes one tick with its consequences, without waiting for the thread, and returns once the
  /// stores have done what they were ordered. It is for tests.
  void tick(Clock::time_point now);

 private:
  /// How long and how to sleep after a tick.
  struct Sleep {
    std::chrono::milliseconds timeout;
    /// Whether usage is so high that stalls count, or soon may.
    bool listening;
  };

  void run();
  void startThread();
  void stopThread();
  /// Returns true where a store had something to do.
  bool upkeepLocked(UpkeepPace& pace, Clock::time_point now, bool isSampleDue);
  /// `found` says that upkeep had something to do since the last sample.
  Sleep sampleLocked(Clock::time_point now, bool found);
  Assessment sample(Clock::time_point now, MemoryUsage& usage, bool earlyWarnings);
  /// Sleeps until then, and hears what the system signals meanwhile. Returns true where it
  /// signalled something, or where the thread was woken: there is a reason to sample.
  bool sleepUntil(Clock::time_point until, bool listening);
  void hear(Stalls stalls);
  void resetLevel();
  /// Calls `step`. Returns false where an exception ended it, and counts that.
  template <typename Step>
  bool attempt(Step&& step) noexcept;
  /// Counts a failure. It needs no heap, nor does setLastFailure(), which is called with mutex_
  /// held.
  void noteFailure(const char* what) noexcept;
  void setLastFailure(std::string_view sentence) noexcept;
  /// Has the thread sample at once.
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
