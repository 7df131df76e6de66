// The system's memory, touched when it is mapped, with the time which that took: so that the time
// for which a put waits for the system can be told from its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "slab/memory_source.h"

namespace ebbcache::bench {

/// Only mappings of the thread that made this count: those of others, e.g. of a supply of slabs, do
/// not. Neither do small pages, which are touched one by one by the first entries in them.
class SuppliedMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    if (!isTimed()) return osMemory().map(bytes);
    const auto startedAt = Clock::now();
    void* const memory = osMemory().map(bytes);
    auto* const touched = static_cast<volatile char*>(memory);
    for (size_t at = 0; memory != nullptr && at < bytes; at += pageBytes()) touched[at] = 0;
    suppliedNs_ += since(startedAt);
    return memory;
  }
  void* mapSmall(size_t bytes) override {
    if (!isTimed()) return osMemory().mapSmall(bytes);
    const auto startedAt = Clock::now();
    void* const memory = osMemory().mapSmall(bytes);
    suppliedNs_ += since(startedAt);
    return memory;
  }
  void unmap(void* memory, size_t bytes) override {
    if (!isTimed()) return osMemory().unmap(memory, bytes);
    const auto startedAt = Clock::now();
    osMemory().unmap(memory, bytes);
    suppliedNs_ += since(startedAt);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }
  size_t hugePageBytes() const override { return osMemory().hugePageBytes(); }

  /// The total time so far.
  uint64_t suppliedNs() const { return suppliedNs_; }

 private:
  using Clock = std::chrono::steady_clock;

  static uint64_t since(Clock::time_point startedAt) {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - startedAt).count());
  }

  bool isTimed() const { return std::this_thread::get_id() == timed_; }

  const std::thread::id timed_ = std::this_thread::get_id();
  uint64_t suppliedNs_ = 0;
};

}  // namespace ebbcache::bench
