// Memory that counts mapped bytes, refuses in several ways, and notes when more is mapped than
// allowed.
#pragma once

#include <atomic>
#include <cstdint>

#include "seeded_random.h"
#include "slab/memory_source.h"

namespace ebbcache::test {

/// Thread-safe. It reports all its pages as huge ones, so that a supply makes slabs of any size
/// ahead.
class StressMemory final : public MemorySource {
 public:
  explicit StressMemory(uint64_t allowance) : mayBeOut(allowance) {}

  void* map(size_t bytes) override {
    const uint64_t request = ++requests;
    if (refuses(bytes, request)) {
      ++refused;
      return nullptr;
    }
    void* const memory = osMemory().map(bytes);
    if (memory == nullptr) {
      ++refused;
      return nullptr;
    }
    const uint64_t out = mapped += bytes;
    for (uint64_t max = maxOverAllowance; out > mayBeOut + max;) {
      if (maxOverAllowance.compare_exchange_weak(max, out - mayBeOut)) break;
    }
    return memory;
  }
  void unmap(void* memory, size_t bytes) override {
    mapped -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }
  size_t hugePageBytes() const override { return pageBytes(); }

  /// Grants all requests from now on.
  void grantAll() {
    refusesOneIn = 0;
    refusesAbove = UINT64_MAX;
    refusesUntil = 0;
  }

  std::atomic<uint64_t> mapped{0};
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};
  /// The maximum by which more was mapped than allowed.
  std::atomic<uint64_t> maxOverAllowance{0};
  std::atomic<uint64_t> mayBeOut;

  /// One request in so many is refused; 0 for none.
  std::atomic<uint64_t> refusesOneIn{0};
  /// Requests that would bring the mapped bytes above this are refused.
  std::atomic<uint64_t> refusesAbove{UINT64_MAX};
  /// All requests up to this number are refused.
  std::atomic<uint64_t> refusesUntil{0};

 private:
  bool refuses(uint64_t bytes, uint64_t request) const {
    const uint64_t oneIn = refusesOneIn;
    return request <= refusesUntil || mapped + bytes > refusesAbove ||
           (oneIn != 0 && mix(request) % oneIn == 0);
  }
};

}  // namespace ebbcache::test
