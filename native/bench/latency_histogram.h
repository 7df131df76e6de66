// Counts of durations in buckets whose width is 1/16 of their size, as in HdrHistogram.
#pragma once

#include <array>
#include <cstdint>

namespace ebbcache::bench {

class LatencyHistogram {
 public:
  void record(uint64_t ns) {
    ++buckets_[bucketOf(ns)];
    ++count_;
    if (ns > max_) max_ = ns;
  }

  /// The ns that `share` (0 to 1) of the durations did not exceed, to a sixteenth.
  uint64_t quantile(double share) const {
    const auto rank = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (unsigned i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > rank) return endOf(i) < max_ ? endOf(i) : max_;
    }
    return max_;
  }

  uint64_t max() const { return max_; }

 private:
  static constexpr unsigned kSteps = 16;
  static constexpr unsigned kBuckets = 61 * kSteps;

  static unsigned bucketOf(uint64_t ns) {
    unsigned halvings = 0;
    for (; ns >= 2 * kSteps; ns /= 2) ++halvings;
    return halvings * kSteps + static_cast<unsigned>(ns);
  }

  static uint64_t endOf(unsigned bucket) {
    if (bucket < 2 * kSteps) return bucket;
    const unsigned halvings = bucket / kSteps - 1;
    return ((bucket - halvings * kSteps + uint64_t{1}) << halvings) - 1;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace ebbcache::bench
