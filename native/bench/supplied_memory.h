// The system's memory, touched when it is mapped, with a clock on how long that took: what a put
// waits for the system can be told from what it does itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "slab/memory_source.h"

namespace ebbcache::bench {

/// For one thread.
class SuppliedMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    const auto startedAt = Clock::now();
    void* const memory = osMemory().map(bytes);
    auto* const touched = static_cast<volatile char*>(memory);
    for (size_t at = 0; memory != nullptr && at < bytes; at += pageBytes()) touched[at] = 0;
    suppliedNs_ += since(startedAt);
    return memory;
  }
  void unmap(void* memory, size_t bytes) override {
    const auto startedAt = Clock::now();
    osMemory().unmap(memory, bytes);
    suppliedNs_ += since(startedAt);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }

  /// All that it took so far.
  uint64_t suppliedNs() const { return suppliedNs_; }

 private:
  using Clock = std::chrono::steady_clock;

  static uint64_t since(Clock::time_point startedAt) {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - startedAt).count());
  }

  uint64_t suppliedNs_ = 0;
};

}  // namespace ebbcache::bench
