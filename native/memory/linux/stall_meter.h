// Detects stalls from a count of them, as the kernel does for a trigger.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ebbcache {

/// Watches the microseconds that tasks waited, or any other count that only rises. Not thread-safe.
class StallMeter {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::microseconds kWindow = std::chrono::seconds(2);
  static constexpr uint64_t kThresholdUs = 100'000;

  /// `threshold` is the growth within kWindow that counts as a stall.
  explicit StallMeter(uint64_t threshold = kThresholdUs) : threshold_(threshold) {}

  /// `total` is the count so far. Returns true, at most once in kWindow, where it grew by the
  /// threshold or more within the last kWindow. The first call, and one that finds less than the
  /// last, begins anew. Where the last call is longer ago than kWindow, growth is taken to be even.
  bool update(Clock::time_point now, uint64_t total);

 private:
  struct Window {
    Clock::time_point start;
    uint64_t total;
    /// The growth in the previous window, of which the share that is still within kWindow counts.
    double previous;
  };

  uint64_t threshold_;
  std::optional<Window> window_;
  std::optional<Clock::time_point> reportedAt_;
};

}  // namespace ebbcache
