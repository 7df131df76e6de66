// What the governor knows of a store.
#pragma once

#include <cstdint>

#include "pressure/pressure_history.h"

namespace ebbcache {

/// What a call of GovernedStore::maintain() found.
enum class Upkeep : uint8_t {
  /// There was nothing to do.
  kIdle,
  /// All that there was to do is done.
  kDone,
  /// There is more to do at once: a call does a bounded part of the work.
  kMore,
  /// Another thread is at work in the store, and nothing was done.
  kBusy,
};

/// Whether a call may wait for other threads that use the store.
enum class Waiting : bool { kNo, kYes };

/// Called from the governor's threads and from those that apply a level; must be thread-safe and
/// must not throw. None of it may call the governor, or the store's history.
///
/// The governor's own thread serves all stores. It calls only what never waits for another thread:
/// the numbers, which must be readable without a lock, and maintain(Waiting::kNo).
class GovernedStore {
 public:
  virtual ~GovernedStore() = default;
  /// False for a store that does not shrink under pressure; it is still maintained.
  virtual bool isGoverned() const = 0;

  // These must not wait. Each is right at some moment of the call, but not all at the same one.

  virtual uint64_t heldBytes() const = 0;
  virtual uint64_t budgetBytes() const = 0;
  virtual uint64_t maxBytes() const = 0;
  /// The floor under pressure: no budget becomes less.
  virtual uint64_t minBytes() const = 0;

  // These may wait and take long.

  /// Changes the budget, between minBytes and maxBytes, where it still is `from`; when that evicts,
  /// the memory is back with the OS on return.
  virtual Reduction setBudget(uint64_t from, uint64_t to) = 0;
  /// Evicts until `share` (0 to 1) of its payload is left, but minBytes of it at least, whatever
  /// the budget.
  virtual Reduction trimPayload(double share) = 0;

  /// Periodic upkeep: returns the bytes of expired entries to the budget. It is cheap when idle,
  /// and a call never takes more than some milliseconds beyond what it waits. Without waiting it
  /// says kBusy instead; with it never.
  virtual Upkeep maintain(Waiting waiting) = 0;

  /// What pressure it came under, kept by those who make it shrink.
  PressureHistory& history() { return history_; }
  const PressureHistory& history() const { return history_; }

 private:
  PressureHistory history_;
};

}  // namespace ebbcache
