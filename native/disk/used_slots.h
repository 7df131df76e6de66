// Marks the slots of a ring that this process has read since the hand passed their entries, with
// one bit a slot.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "disk/ring_layout.h"

namespace ebbcache {

/// Thread-safe. A lost bit costs only a second chance, so no memory is ordered by them.
class UsedSlots {
 public:
  explicit UsedSlots(uint64_t buckets) : words_(buckets * kBucketSlots / 64 + 1) {}

  void mark(uint64_t bucket, size_t slot) {
    const uint64_t bit = bucket * kBucketSlots + slot;
    std::atomic<uint64_t>& word = words_[bit / 64];
    // Most slots are marked already, and a write would take the cache line from other threads.
    if ((word.load(std::memory_order_relaxed) & maskOf(bit)) == 0) {
      word.fetch_or(maskOf(bit), std::memory_order_relaxed);
    }
  }
  /// Clears the mark, and returns whether it was set.
  bool take(uint64_t bucket, size_t slot) {
    const uint64_t bit = bucket * kBucketSlots + slot;
    const uint64_t before = words_[bit / 64].fetch_and(~maskOf(bit), std::memory_order_relaxed);
    return (before & maskOf(bit)) != 0;
  }

 private:
  static uint64_t maskOf(uint64_t bit) { return uint64_t{1} << (bit % 64); }

  std::vector<std::atomic<uint64_t>> words_;
};

}  // namespace ebbcache
