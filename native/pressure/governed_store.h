// The governor's view of a store.
#pragma once

#include <cstdint>

#include "pressure/pressure_history.h"

namespace ebbcache {

/// The result of a call of GovernedStore::maintain().
enum class Upkeep : uint8_t {
  /// There was nothing to do.
  kIdle,
  /// All work is done.
  kDone,
  /// More work is left: a call does a bounded part of it.
  kMore,
  /// Another thread works in the store, and nothing was done.
  kBusy,
};

/// Whether a call may wait for other threads that use the store.
enum class Waiting : bool { kNo, kYes };

/// The governor's threads call it, and those that apply a level. An implementation MUST be
/// thread-safe, MUST NOT throw, and MUST NOT call the governor or the store's history.
///
/// The governor's own thread serves all stores. It calls only functions that never wait for another
/// thread: the numbers, which MUST be readable without a lock, and maintain(Waiting::kNo).
class GovernedStore {
 public:
  virtual ~GovernedStore() = default;
  /// False for a store that does not shrink under pressure; the governor still maintains it.
  virtual bool isGoverned() const = 0;

  // These MUST NOT wait. Each is right at some moment of the call, but not all at the same one.

  virtual uint64_t heldBytes() const = 0;
  virtual uint64_t budgetBytes() const = 0;
  virtual uint64_t maxBytes() const = 0;
  /// The floor under pressure: no budget is lower.
  virtual uint64_t minBytes() const = 0;

  // These may wait and take long.

  /// Changes the budget, between minBytes and maxBytes, where it still is `from`. Memory that the
  /// change evicts is back with the OS on return.
  virtual Reduction setBudget(uint64_t from, uint64_t to) = 0;
  /// Evicts entries until `share` (0 to 1) of the payload is left, but at least minBytes of it,
  /// whatever the budget.
  virtual Reduction trimPayload(double share) = 0;

  /// Periodic upkeep: returns the bytes of expired entries to the budget. It is cheap when idle,
  /// and a call takes at most some milliseconds beyond its waits. Without waiting it returns kBusy
  /// instead; with waiting it never does.
  virtual Upkeep maintain(Waiting waiting) = 0;

  /// The pressure on the store, as those record it who make it shrink.
  PressureHistory& history() { return history_; }
  const PressureHistory& history() const { return history_; }

 private:
  PressureHistory history_;
};

}  // namespace ebbcache
