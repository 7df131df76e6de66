// Counters of changes in a reader's own memory, by which the reader knows without a call that a
// value which it has read is still the present one.
//
//   0        4        8              16                                16 + 4 * kCounters
//   +--------+--------+--------------+---------------------------------+
//   | epoch  |        | hits, f64    | counters, u32 each              |
//   +--------+--------+--------------+---------------------------------+
//
// Before an entry of a store changes, the counter at the place of its key's hash does. The epoch
// changes where any value may have, with the budget, and with every kEpochShare of the entries that
// is evicted: a reader that then reads in the store keeps the entry that it uses from eviction. A
// reader that finds both unchanged counts a hit itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebbcache {

class ChangeCounters {
 public:
  static constexpr uint32_t kCounters = 4096;
  static constexpr size_t kBytes = 16 + kCounters * sizeof(uint32_t);

  /// The kBytes bytes MUST be zero, aligned to 8, and stay as long as it lives.
  explicit ChangeCounters(char* bytes)
      : words_(reinterpret_cast<std::atomic<uint32_t>*>(bytes)),
        hits_(reinterpret_cast<std::atomic<uint64_t>*>(bytes + 8)) {}

  static uint32_t placeOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) % kCounters; }

  // A reader MUST read both before it reads the value.

  uint32_t epoch() const { return words_[0].load(std::memory_order_acquire); }
  uint32_t at(uint32_t place) const {
    return words_[kHeaderWords + place].load(std::memory_order_acquire);
  }

  void note(uint64_t hash) { increment(words_[kHeaderWords + placeOf(hash)]); }
  void beginEpoch() { increment(words_[0]); }

  /// The hits that the reader has counted.
  uint64_t hits() const {
    const uint64_t bits = hits_->load(std::memory_order_relaxed);
    double hits = 0;
    std::memcpy(&hits, &bits, sizeof hits);
    return static_cast<uint64_t>(hits);
  }

 private:
  static constexpr uint32_t kHeaderWords = 4;

  /// Only one thread at a time increments.
  static void increment(std::atomic<uint32_t>& word) {
    word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  std::atomic<uint32_t>* const words_;
  const std::atomic<uint64_t>* const hits_;
};

/// Those of all readers of a store. The store's mutex MUST be held.
class AllChangeCounters {
 public:
  /// Returns false where there are as many as it takes.
  bool add(ChangeCounters& counters) {
    if (count_ == all_.size()) return false;
    all_[count_++] = &counters;
    return true;
  }
  /// Keeps the hits of the counters; those that were not added are ignored.
  void remove(const ChangeCounters& counters) {
    for (size_t i = 0; i < count_; ++i) {
      if (all_[i] != &counters) continue;
      earlierHits_ += counters.hits();
      all_[i] = all_[--count_];
      return;
    }
  }

  bool isEmpty() const { return count_ == 0; }
  void note(uint64_t hash) {
    for (size_t i = 0; i < count_; ++i) all_[i]->note(hash);
  }
  void beginEpoch() {
    for (size_t i = 0; i < count_; ++i) all_[i]->beginEpoch();
    evictionsLeft_ = 0;
  }
  /// Notes an eviction from a store of so many entries.
  void noteEviction(uint64_t entries) {
    if (evictionsLeft_ > 0) --evictionsLeft_;
    if (evictionsLeft_ > 0) return;
    beginEpoch();
    evictionsLeft_ = entries / kEpochShare;
  }

  uint64_t hits() const {
    uint64_t hits = earlierHits_;
    for (size_t i = 0; i < count_; ++i) hits += all_[i]->hits();
    return hits;
  }

 private:
  /// A small queue of S3-FIFO has a tenth of the entries, and MUST live through several epochs.
  static constexpr uint64_t kEpochShare = 64;

  std::array<ChangeCounters*, 16> all_{};
  size_t count_ = 0;
  uint64_t evictionsLeft_ = 0;
  uint64_t earlierHits_ = 0;
};

}  // namespace ebbcache
