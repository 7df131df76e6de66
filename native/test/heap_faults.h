// A heap that is exhausted on demand: operator new of the whole test program, in all its forms.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <thread>
#include <utility>

namespace ebbcache::test {

/// The threads whose allocations count, and fail.
enum class FaultsOf { kThisThread, kAllThreads };

/// Allocations fail only between failNth() or failFrom() and disarm(). Assertions belong behind
/// disarm(), as a failing one needs the heap.
class HeapFaults {
 public:
  /// Has the n-th allocation from now on fail, counted from 1, and no other.
  static void failNth(uint64_t n, FaultsOf of = FaultsOf::kThisThread);
  /// Has the n-th allocation and all that follow fail.
  static void failFrom(uint64_t n, FaultsOf of = FaultsOf::kThisThread);
  /// Returns how many allocations failed.
  static uint64_t disarm();
  /// Spares this thread the faults of EBBCACHE_FAIL_THREAD_ALLOCATIONS (see heap_faults.cc).
  static void spareThisThread();
};

/// A thread of a test, whose faults would not be those of the cache.
class TestThread : public std::thread {
 public:
  TestThread() = default;
  template <typename Run>
  explicit TestThread(Run run)
      : std::thread([run = std::move(run)]() mutable {
          HeapFaults::spareThisThread();
          run();
        }) {}
};

/// Runs `run` with the first allocation failing, then with the second, and so on until a run meets
/// no fault; `check` follows each run, with a whole heap. Returns how many runs met one.
template <typename Run, typename Check>
uint64_t failEachOnce(const Run& run, const Check& check, FaultsOf of = FaultsOf::kThisThread) {
  constexpr uint64_t kMaxRuns = 5000;
  for (uint64_t n = 1; n <= kMaxRuns; ++n) {
    HeapFaults::failNth(n, of);
    try {
      run();
    } catch (const std::bad_alloc&) {
    }
    const uint64_t faults = HeapFaults::disarm();
    check();
    if (faults == 0) return n - 1;
  }
  ADD_FAILURE() << "no run went without a fault";
  return kMaxRuns;
}

/// Whether `run` succeeds without the heap.
template <typename Run>
bool needsNoHeap(const Run& run) {
  HeapFaults::failFrom(1);
  try {
    run();
  } catch (const std::bad_alloc&) {
  }
  return HeapFaults::disarm() == 0;
}

}  // namespace ebbcache::test
