// The thread on which the governor has one store do work that may wait or take long.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "pressure/governed_store.h"
#include "pressure/shrink_plan.h"

namespace ebbcache {

/// The work that a store shall do.
struct StoreOrder {
  enum class Kind : uint8_t { kMaintain, kLower, kRaise };

  Kind kind = Kind::kMaintain;
  /// The change of the budget, made where it still is `from`.
  uint64_t from = 0;
  uint64_t to = 0;
  /// A raise keeps within the share of the level that is held.
  LevelShares shares;
};

/// Thread-safe. Orders are carried out one at a time. Only a change of the budget waits for another
/// order, which is upkeep: so upkeep keeps no store from shrinking. An order that is refused is
/// planned anew by the caller.
///
/// The thread starts with the first order and ends when it had none for a while. Where the system
/// refuses a thread, an order is carried out on the thread that gives it.
class StoreExecutor {
 public:
  static constexpr std::chrono::milliseconds kKeepThreadFor{1000};

  /// `store` MUST outlive the executor, or its close(). Orders that an exception ended are counted
  /// in `failures`.
  StoreExecutor(GovernedStore& store, std::atomic<uint64_t>& failures,
                std::chrono::milliseconds keepThreadFor = kKeepThreadFor)
      : store_(store), failures_(failures), keepThreadFor_(keepThreadFor) {}
  ~StoreExecutor() { close(); }
  StoreExecutor(const StoreExecutor&) = delete;
  StoreExecutor& operator=(const StoreExecutor&) = delete;

  /// Returns false where the order is not taken: others are in progress, or the executor is closed.
  bool give(const StoreOrder& order);
  bool isBusy() const;
  /// Returns the result of the last order of upkeep, once.
  std::optional<Upkeep> takeUpkeep();

  /// Returns once the orders given before the call are carried out.
  void wait();
  /// Drops an order that waits, and returns once the order in progress and the thread have ended.
  /// No order is taken any more. One thread at a time may call it.
  void close();

  /// Joins a thread that has ended, so that it holds no memory.
  void joinEnded();
  bool hasThread() const;
  /// Whether close() has begun.
  bool isClosed() const;

 private:
  void run();
  /// Carries waiting_ out, with `lock` released meanwhile.
  void carryOut(std::unique_lock<std::mutex>& lock);
  void carryOut(const StoreOrder& order) noexcept;
  void joinEndedLocked();
  bool startThread();

  GovernedStore& store_;
  std::atomic<uint64_t>& failures_;
  const std::chrono::milliseconds keepThreadFor_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All members below are guarded by mutex_.
  std::optional<StoreOrder> waiting_;
  std::optional<StoreOrder> current_;
  std::optional<Upkeep> upkeep_;
  uint64_t given_ = 0;
  uint64_t ended_ = 0;
  bool closed_ = false;
  /// Whether the thread takes orders.
  bool lives_ = false;
  std::thread thread_;
};

}  // namespace ebbcache
