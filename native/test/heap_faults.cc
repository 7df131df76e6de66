// Replaces operator new and operator delete of the test program. Allocations fail only where a test
// asks for it, or throughout a run:
//
//   EBBCACHE_FAIL_THREAD_ALLOCATIONS=50 ebbcache_tests
//
// fails each 50th allocation of the threads that the cache starts (the governor's and the
// supply's), counted together: the main thread and those of the tests (TestThread) are spared.
// Tests may fail then, because a thread does not do what they expect; but none may end the process.
#include "heap_faults.h"

#include <atomic>
#include <cstdlib>

#include "aligned_heap.h"

namespace ebbcache::test {
namespace {

/// The number of allocations before the first one that fails; negative for none.
struct Faults {
  std::atomic<int64_t> left{-1};
  std::atomic<bool> lasting{false};

  void arm(uint64_t n, bool lasts) {
    lasting = lasts;
    left = static_cast<int64_t>(n) - 1;
  }
  bool strike() {
    for (int64_t now = left.load(std::memory_order_relaxed); now >= 0;) {
      if (now == 0 && lasting) return true;
      if (left.compare_exchange_weak(now, now - 1)) return now == 0;
    }
    return false;
  }
};

Faults ofAllThreads;
thread_local Faults ofThisThread;
thread_local bool isSpared = false;
std::atomic<uint64_t> given{0};
std::atomic<uint64_t> threadAllocations{0};

/// 0 until it is read, which is before any other thread starts.
const uint64_t failEveryOfThreads = [] {
  HeapFaults::spareThisThread();
  const char* const text = std::getenv("EBBCACHE_FAIL_THREAD_ALLOCATIONS");
  return text == nullptr ? uint64_t{0} : std::strtoull(text, nullptr, 10);
}();

bool strikes() {
  if (ofThisThread.strike() || ofAllThreads.strike()) {
    ++given;
    return true;
  }
  return failEveryOfThreads != 0 && !isSpared && ++threadAllocations % failEveryOfThreads == 0;
}

void* allocate(size_t bytes) noexcept {
  return strikes() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}

void* allocate(size_t bytes, std::align_val_t alignment) noexcept {
  return strikes() ? nullptr : allocateAligned(bytes, static_cast<size_t>(alignment));
}

void* orThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void HeapFaults::failNth(uint64_t n, FaultsOf of) {
  given = 0;
  (of == FaultsOf::kThisThread ? ofThisThread : ofAllThreads).arm(n, false);
}

void HeapFaults::failFrom(uint64_t n, FaultsOf of) {
  given = 0;
  (of == FaultsOf::kThisThread ? ofThisThread : ofAllThreads).arm(n, true);
}

uint64_t HeapFaults::disarm() {
  ofThisThread.left = -1;
  ofAllThreads.left = -1;
  return given;
}

void HeapFaults::spareThisThread() {
  isSpared = true;
}

}  // namespace ebbcache::test

using ebbcache::test::allocate;
using ebbcache::test::orThrow;

void* operator new(size_t bytes) {
  return orThrow(allocate(bytes));
}
void* operator new[](size_t bytes) {
  return orThrow(allocate(bytes));
}
void* operator new(size_t bytes, const std::nothrow_t& /*unused*/) noexcept {
  return allocate(bytes);
}
void* operator new[](size_t bytes, const std::nothrow_t& /*unused*/) noexcept {
  return allocate(bytes);
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return orThrow(allocate(bytes, alignment));
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return orThrow(allocate(bytes, alignment));
}
void* operator new(size_t bytes, std::align_val_t alignment,
                   const std::nothrow_t& /*unused*/) noexcept {
  return allocate(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t& /*unused*/) noexcept {
  return allocate(bytes, alignment);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t /*bytes*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t /*bytes*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*unused*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t& /*unused*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
void operator delete(void* memory, size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
void operator delete[](void* memory, size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/,
                     const std::nothrow_t& /*unused*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
void operator delete[](void* memory, std::align_val_t /*alignment*/,
                       const std::nothrow_t& /*unused*/) noexcept {
  ebbcache::test::freeAligned(memory);
}
