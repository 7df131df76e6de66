// Slabs made ahead of need. The first touch of a huge page can take milliseconds, and tens of them
// on a virtual machine whose host has to find the memory: a separate thread waits for that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "slab/memory_source.h"

namespace ebbcache {

/// One slab that is ordered, or has been made. Its owner MUST call from one thread at a time; any
/// thread may call state() and bytes().
class SlabOrder {
 public:
  /// An order that the system refuses returns to kNone.
  enum class State : uint8_t { kNone, kInTheMaking, kReady };

  /// `whenReady` is called on the supply's thread after a slab was made. Exceptions that it throws
  /// are ignored.
  SlabOrder(MemorySource& source, std::function<void()> whenReady)
      : source_(source), whenReady_(std::move(whenReady)) {}
  SlabOrder(const SlabOrder&) = delete;
  SlabOrder& operator=(const SlabOrder&) = delete;

  State state() const { return state_.load(std::memory_order_acquire); }
  /// The size that was ordered last.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// Returns the slab that is ready, which the caller MUST unmap.
  void* collect() {
    state_.store(State::kNone, std::memory_order_relaxed);
    return memory_;
  }

 private:
  friend class SlabSupply;

  MemorySource& source_;
  const std::function<void()> whenReady_;
  std::atomic<State> state_{State::kNone};
  std::atomic<size_t> bytes_{0};
  void* memory_ = nullptr;
  /// The next order in the supply's queue.
  SlabOrder* next_ = nullptr;
};

/// Thread-safe. The thread starts with the first order and ends with the supply, which leaves no
/// order in the making. Where the system refuses a thread, orders have no effect.
class SlabSupply {
 public:
  SlabSupply() = default;
  ~SlabSupply();
  SlabSupply(const SlabSupply&) = delete;
  SlabSupply& operator=(const SlabSupply&) = delete;

  /// Orders `bytes`, mapped and touched, without waiting for memory. The order's state MUST be
  /// kNone.
  void order(SlabOrder& order, size_t bytes);
  /// Withdraws an order that was not begun.
  void withdraw(SlabOrder& order);
  /// Withdraws an order that was not begun, or waits for one in the making.
  void settle(SlabOrder& order);
  /// Does the same as settle(); on return the supply does not and will not touch the order, or call
  /// its whenReady. The caller MUST NOT hold a lock that whenReady takes.
  void forget(SlabOrder& order);

 private:
  void run();
  static void tellReady(const SlabOrder& order);
  /// For the following two functions mutex_ MUST be held.
  bool startThread();
  void remove(SlabOrder& order);

  std::mutex mutex_;
  std::condition_variable wake_;
  /// Signals that an order was made, or that its whenReady has returned.
  std::condition_variable done_;
  // mutex_ MUST be held to use the following members.
  std::thread thread_;
  bool stopping_ = false;
  SlabOrder* first_ = nullptr;
  /// The order that the thread is working on.
  SlabOrder* current_ = nullptr;
};

}  // namespace ebbcache
