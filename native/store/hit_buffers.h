// Buffers of hits that are not applied to a queue yet, a few dozen for each thread. Hits that are
// applied together fetch their neighbours in the queue together, and threads that only read seldom
// contend.
//
// A thread's own hits are applied in order; those of different threads are interleaved by buffers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/noinline.h"
#include "base/spin_lock.h"
#include "store/entry.h"

namespace ebbcache {

class HitBuffers {
 public:
  /// The number of hits that one buffer holds.
  static constexpr uint32_t kHits = 32;

  /// Notes a hit, and calls `apply(first, last)` with the addresses of a full buffer. The caller
  /// MUST hold the entry's stripe.
  template <typename Apply>
  void add(Address address, Apply&& apply) {
    const uint32_t number = threadNumber() - 1;
    Buffer& buffer = buffers_[number];
    const std::lock_guard<SpinLock> lock(buffer.lock);
    if (buffer.count > 0 && buffer.hits[buffer.count - 1] == address) return;
    // Relaxed order suffices: whoever has to find this hit takes the entry's stripe after this
    // thread, and so sees this bit, or that it was cleared again.
    if (buffer.count == 0) waiting_.fetch_or(1U << number, std::memory_order_relaxed);
    buffer.hits[buffer.count++] = address;
    if (buffer.count == kHits) empty(number, apply);
  }

  /// Applies all hits that wait. Whoever holds an entry's stripe then knows that no hit of it
  /// waits.
  template <typename Apply>
  void flush(Apply&& apply) {
    // Where another thread has emptied a buffer and cleared its bit, its lock is not taken here:
    // only this order and that of empty() make visible what that thread changed in the queue.
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

  /// Threads are numbered in the order in which they come, so that few of them share a buffer.
  static uint32_t threadNumber() {
    // The number is 0 for a thread without one: a constant initial value needs no check on each
    // use.
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
