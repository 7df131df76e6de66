// The pressure levels that the handles of one store hold on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "pressure/level.h"

namespace ebbcache {

/// Thread-safe.
class HeldLevels {
 public:
  /// Notes the level that the holder holds, normal for none, and calls `hold` with the highest
  /// level of all holders. Calls are made one at a time, so that the last one has the current
  /// level.
  template <typename Hold>
  auto set(uint64_t holder, PressureLevel level, Hold&& hold) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (level <= PressureLevel::kNormal) {
      levels_.erase(holder);
    } else {
      levels_[holder] = level;
    }
    PressureLevel highest = PressureLevel::kNormal;
    for (const auto& [_, each] : levels_) highest = std::max(highest, each);
    return std::forward<Hold>(hold)(highest);
  }

  bool holds(uint64_t holder) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return levels_.count(holder) > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, PressureLevel> levels_;
};

}  // namespace ebbcache
