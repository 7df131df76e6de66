// Locks of one or two bytes for sections of some dozen instructions.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "base/noinline.h"

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#endif

namespace ebbcache {

/// Tells the processor that this is a spin loop.
inline void relaxWhileWaiting() {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Returns once `take` has returned true; it is tried whenever `isFree` is true. A waiting thread
/// spins for about a microsecond, then yields its core, as the holder may have lost its own.
template <typename IsFree, typename Take>
EBBCACHE_NOINLINE void spinUntilTaken(IsFree isFree, Take take) {
  constexpr int kSpins = 64;
  constexpr int kYields = 32;
  for (int round = 0;; ++round) {
    for (int spin = 0; spin < kSpins && !isFree(); ++spin) relaxWhileWaiting();
    if (isFree() && take()) return;
    if (round < kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

/// A lock that works with std::lock_guard.
class SpinLock {
 public:
  void lock() {
    if (take()) return;
    spinUntilTaken([this] { return !taken_.load(std::memory_order_relaxed); },
                   [this] { return take(); });
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  bool take() { return !taken_.exchange(true, std::memory_order_acquire); }

  std::atomic<bool> taken_{false};
};

/// A spin lock for many readers, which also exclude each other, and for one writer at a time, which
/// has priority over readers that do not hold it yet: however many readers come, the writer waits
/// for at most one of them, and for those that were about to take the lock when it came.
class WriterFirstSpinLock {
 public:
  void lock() {
    if (!writerWaits_.load(std::memory_order_relaxed) && take()) return;
    spinUntilTaken([this] { return isFree() && !writerWaits_.load(std::memory_order_relaxed); },
                   [this] { return take(); });
  }
  void lockAsWriter() {
    if (take()) return;
    writerWaits_.store(true, std::memory_order_relaxed);
    spinUntilTaken([this] { return isFree(); }, [this] { return take(); });
    writerWaits_.store(false, std::memory_order_relaxed);
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  bool isFree() const { return !taken_.load(std::memory_order_relaxed); }
  bool take() { return !taken_.exchange(true, std::memory_order_acquire); }

  std::atomic<bool> taken_{false};
  std::atomic<bool> writerWaits_{false};
};

}  // namespace ebbcache
