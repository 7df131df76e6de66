// The governor: one native thread per process that shrinks stores when memory gets tight, without
// JavaScript, and lets them regrow when it has passed.
//
// Locks, always taken in this order, and never one of a store inside GrowthGuard's:
//   lifecycleMutex_   add, remove and configure, and with them the start and the join of the thread
//   mutex_            the stores; held for a whole tick, so remove() waits for a tick to end
//   (the stores' own locks, taken by what a tick calls)
//   GrowthGuard's     taken by stores that ask mayGrow() while they hold their own
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "memory/pressure_watch.h"
#include "memory/snapshot.h"
#include "pressure/ebb_plan.h"
#include "pressure/governor_options.h"
#include "pressure/growth_guard.h"
#include "pressure/level.h"
#include "pressure/standing_stalls.h"

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
  /// Evicts until `share` (0 to 1) of its payload is left, but minBytes of it at least, whatever
  /// the budget. Returns the bytes given back.
  virtual uint64_t keepShareOfPayload(double share) = 0;
  /// Periodic upkeep: returns the bytes of expired entries to the budget. Cheap when idle. False
  /// where nothing was found to do.
  virtual bool maintain() = 0;
};

/// What a governor sees the machine by.
struct GovernorEyes {
  /// For its looks, and for mayGrow().
  std::unique_ptr<MemoryReader> reader;
  std::unique_ptr<MemoryReader> growthReader;
  std::unique_ptr<PressureWatch> watch;

  /// This operating system's; the watch hears nothing without `warnings`.
  static GovernorEyes open(const MemoryRoots& roots = {}, bool warnings = true);
};

struct GovernorStatus {
  /// Whether the thread runs.
  bool running = false;
  /// Of the last look: see Governor::level().
  Assessment assessment;
  /// Looks at the machine, without those of mayGrow().
  uint64_t looks = 0;
  /// Those that failed, and those of mayGrow() that did.
  uint64_t failedReads = 0;
  /// The sentence of the last look that failed; empty where none has.
  std::string lastFailure;
  /// Times that the system signalled that tasks wait for memory.
  uint64_t stalls = 0;
  /// Looks after which a budget was lowered.
  uint64_t reductions = 0;
};

/// Thread-safe. The thread runs while at least one store is registered; where the system refuses
/// one, nothing shrinks unasked, but mayGrow() still guards, and the next add() tries again.
///
/// A tick maintains every store, then looks at usage. Elevated and above: budgets fall as planEbb()
/// says. Normal: they rise by a step each regrowInterval, the first one an interval after the
/// pressure ended. A look that fails leaves them as they are.
///
/// The next tick comes after `interval`, later where nothing can happen before (see pauseAfter()),
/// and at once when the system signals that memory gets tight.
class Governor {
 public:
  using Clock = std::chrono::steady_clock;

  /// `options` must be valid: see GovernorOptions::whyInvalid(). With null readers every look
  /// fails.
  explicit Governor(GovernorOptions options = {}, GovernorEyes eyes = GovernorEyes::open());
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

  /// From now on by these, which must be valid. Budgets stay as they are until the next tick.
  void configure(const GovernorOptions& options, GovernorEyes eyes);
  GovernorOptions options() const;

  /// Does at once what a tick at `level` would do to this store, without an eviction target. The
  /// budget is never raised but at normal, which lifts it to the maximum; from other levels it
  /// regrows as after any pressure. With `payloadToo` the store also keeps no more than the level's
  /// share of its payload, however far it is below its budget. The budget of a store that does not
  /// ebb stays. Returns the bytes given back; 0 for a store that is not registered.
  uint64_t apply(const GovernedStore* store, PressureLevel level, bool payloadToo);

  /// As of the last tick; unknown before the first one, after a look that failed, and while no
  /// store is registered.
  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }
  GovernorStatus status() const;

  /// One look and what follows from it, without waiting for the thread. For tests.
  void tick(Clock::time_point now);

 private:
  void run();
  void startThread();
  void stopThread();
  /// How to sleep after a tick.
  struct Sleep {
    std::chrono::milliseconds atMost;
    /// Whether usage is so high that stalls count, or soon may.
    bool listening;
  };
  Sleep tickLocked(Clock::time_point now);
  /// True when a budget was lowered.
  bool shrink(const Assessment& assessment);
  void regrow(const MemoryUsage& usage);
  bool hasToRegrow() const;
  void forgetLevel();

  GrowthGuard guard_;
  std::atomic<PressureLevel> level_{PressureLevel::kUnknown};

  mutable std::mutex lifecycleMutex_;
  // Both are guarded by lifecycleMutex_; the thread uses the watch, which outlives it.
  std::thread thread_;
  std::unique_ptr<PressureWatch> watch_;

  mutable std::mutex mutex_;
  // All below is guarded by mutex_.
  bool stopping_ = false;
  GovernorOptions options_;
  std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
  StandingStalls stalls_;
  GovernorStatus status_;
  std::vector<std::shared_ptr<GovernedStore>> stores_;
  Clock::time_point regrowAt_;
  // Scratch of shrink(), kept so that a tick under pressure allocates nothing.
  std::vector<EbbShare> shares_;
  std::vector<GovernedStore*> sharers_;
};

}  // namespace ebbcache
