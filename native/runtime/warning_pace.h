// The pace of warnings, which all threads of the process share: one of each kind in an interval.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace ebbcache {

/// Thread-safe. There are few kinds, and each one is kept for good.
class WarningPace {
 public:
  /// Returns how many warnings of the kind were held back since the last one that was admitted.
  /// Empty where that was less than `intervalMs` ago: this one is held back too.
  std::optional<uint64_t> admit(const std::string& kind, double nowMs, double intervalMs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [at, isNew] = kinds_.try_emplace(kind, Kind{nowMs, 0});
    if (isNew) return 0;
    Kind& known = at->second;
    if (nowMs >= known.admittedMs && nowMs - known.admittedMs < intervalMs) {
      ++known.heldBack;
      return std::nullopt;
    }
    known.admittedMs = nowMs;
    return std::exchange(known.heldBack, 0);
  }

  /// Admits the next warning of each kind. For tests.
  void forget() {
    const std::lock_guard<std::mutex> lock(mutex_);
    kinds_.clear();
  }

 private:
  struct Kind {
    double admittedMs;
    uint64_t heldBack;
  };

  std::mutex mutex_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace ebbcache
