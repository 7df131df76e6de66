// Slabs made ahead of need. The first touch of a huge page can take milliseconds, on a virtual
// machine whose host has to find the memory tens of them: a thread of its own waits for that.
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

/// One slab that is wanted, or has been made. It is its owner's, who calls from one thread at a
/// time; state() and bytes() may be asked by any.
class SlabOrder {
 public:
  /// What the system refuses is none again.
  enum class State : uint8_t { kNone, kInTheMaking, kReady };

  /// `whenReady` is called on the supply's thread after a slab was made. What it throws is dropped.
  SlabOrder(MemorySource& source, std::function<void()> whenReady)
      : source_(source), whenReady_(std::move(whenReady)) {}
  SlabOrder(const SlabOrder&) = delete;
  SlabOrder& operator=(const SlabOrder&) = delete;

  State state() const { return state_.load(std::memory_order_acquire); }
  /// The size that was ordered last.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// The slab that is ready, for the caller to unmap.
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
/// order in the making; where the system refuses a thread, orders come to nothing.
class SlabSupply {
 public:
  SlabSupply() = default;
  ~SlabSupply();
  SlabSupply(const SlabSupply&) = delete;
  SlabSupply& operator=(const SlabSupply&) = delete;

  /// Orders `bytes`, mapped and touched. Waits for no memory. The order's state is none before.
  void order(SlabOrder& order, size_t bytes);
  /// Takes back an order that was not begun.
  void withdraw(SlabOrder& order);
  /// On return the order is not in the making: it was not begun and is withdrawn, or was waited
  /// for.
  void settle(SlabOrder& order);
  /// settle(), and on return the supply does not and will not touch the order, or call its
  /// whenReady. The caller MUST NOT hold a lock that whenReady takes.
  void forget(SlabOrder& order);

 private:
  void run();
  static void tellReady(const SlabOrder& order);
  /// For what follows mutex_ MUST be held.
  bool startThread();
  void remove(SlabOrder& order);

  std::mutex mutex_;
  std::condition_variable wake_;
  /// An order was made, or its whenReady has returned.
  std::condition_variable done_;
  // All below is guarded by mutex_.
  std::thread thread_;
  bool stopping_ = false;
  SlabOrder* first_ = nullptr;
  /// The order that the thread is working on.
  SlabOrder* current_ = nullptr;
};

}  // namespace ebbcache
