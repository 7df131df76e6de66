// A lock of one byte for sections of some dozen instructions.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "store/noinline.h"

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#endif

namespace ebbcache {

/// Tells the processor that this is a loop that waits.
inline void relaxWhileWaiting() {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Meets std::lock_guard's needs. One that waits spins for a microsecond or so, then lets others
/// run: its holder may have lost its core.
class SpinLock {
 public:
  void lock() {
    if (!taken_.exchange(true, std::memory_order_acquire)) return;
    wait();
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  EBBCACHE_NOINLINE void wait() {
    constexpr int kSpins = 64;
    constexpr int kYields = 32;
    for (int round = 0;; ++round) {
      for (int spin = 0; spin < kSpins && taken_.load(std::memory_order_relaxed); ++spin) {
        relaxWhileWaiting();
      }
      if (!taken_.exchange(true, std::memory_order_acquire)) return;
      if (round < kYields) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
  }

  std::atomic<bool> taken_{false};
};

}  // namespace ebbcache
