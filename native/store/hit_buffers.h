// Hits that wait for their place in a queue, a few dozen for each thread: applied together, their
// neighbours in the queue come into the cache together, and threads that only read meet seldom.
//
// A thread's own hits are applied in their order; those of different threads in turns of a buffer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "store/entry.h"
#include "store/noinline.h"
#include "store/spin_lock.h"

namespace ebbcache {

class HitBuffers {
 public:
  /// The number of hits that one buffer holds.
  static constexpr uint32_t kHits = 32;

  /// `apply(first, last)` is called with a full buffer's addresses. The caller holds the entry's
  /// stripe.
  template <typename Apply>
  void add(Address address, Apply&& apply) {
    const uint32_t number = threadNumber() - 1;
    Buffer& buffer = buffers_[number];
    const std::lock_guard<SpinLock> lock(buffer.lock);
    if (buffer.count > 0 && buffer.hits[buffer.count - 1] == address) return;
    // Relaxed: whoever has to find this hit takes the entry's stripe after this thread, and so sees
    // this bit, or that it was cleared again.
    if (buffer.count == 0) waiting_.fetch_or(1U << number, std::memory_order_relaxed);
    buffer.hits[buffer.count++] = address;
    if (buffer.count == kHits) empty(number, apply);
  }

  /// Applies what waits. Whoever holds an entry's stripe then knows that no hit of it waits.
  template <typename Apply>
  void flush(Apply&& apply) {
    // Where another thread has emptied a buffer and cleared its bit, its lock is not taken here:
    // what that thread changed in the queue is seen by this order and that of empty() only.
    const uint32_t waiting = waiting_.load(std::memory_order_acquire);
    if (waiting == 0) return;
    for (uint32_t number = 0; number < kBuffers; ++number) {
      if ((waiting >> number & 1) == 0) continue;
      const std::lock_guard<SpinLock> lock(buffers_[number].lock);
      empty(number, apply);
    }
  }

 private:
  static constexpr uint32_t kBuffers = 8;

  struct alignas(64) Buffer {
    SpinLock lock;
    uint32_t count = 0;
    std::array<Address, kHits> hits;
  };

  template <typename Apply>
  void empty(uint32_t number, Apply& apply) {
    Buffer& buffer = buffers_[number];
    apply(buffer.hits.data(), buffer.hits.data() + buffer.count);
    buffer.count = 0;
    waiting_.fetch_and(~(1U << number), std::memory_order_release);
  }

  /// Threads are numbered as they come, so that few of them share a buffer.
  static uint32_t threadNumber() {
    // 0 for one without a number: a constant needs no check on each use.
    thread_local uint32_t number = 0;
    if (number == 0) number = nextThreadNumber();
    return number;
  }
  EBBCACHE_NOINLINE static uint32_t nextThreadNumber() {
    static std::atomic<uint32_t> threads{0};
    return threads.fetch_add(1, std::memory_order_relaxed) % kBuffers + 1;
  }

  std::array<Buffer, kBuffers> buffers_;
  /// A bit for each buffer with hits in it.
  std::atomic<uint32_t> waiting_{0};
};

}  // namespace ebbcache
