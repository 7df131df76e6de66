#include "pressure/pressure_history.h"

#include <algorithm>

namespace ebbcache {
namespace {

/// The cause that stands for a level above normal.
PressureCause causeOf(PressureLevel level) {
  if (level == PressureLevel::kCritical) return PressureCause::kCritical;
  return level == PressureLevel::kHigh ? PressureCause::kHigh : PressureCause::kElevated;
}

}  // namespace

void PressureHistory::see(PressureLevel level) {
  if (level == PressureLevel::kUnknown) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  seen_ = level;
  follow();
}

PressureLevel PressureHistory::held() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_;
}

PressureLevel PressureHistory::level() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return level_;
}

PressureCounts PressureHistory::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

void PressureHistory::startToHold(PressureLevel level) {
  const std::lock_guard<std::mutex> lock(mutex_);
  held_ = level;
  follow();
}

void PressureHistory::countRequest() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_[PressureCause::kRequest].events;
}

PressureCause PressureHistory::levelCause() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return levelCause_;
}

uint64_t PressureHistory::count(PressureCause cause, const Reduction& reduction) {
  const std::lock_guard<std::mutex> lock(mutex_);
  counts_[cause].evictions += reduction.evictions;
  if (reduction.lowered || reduction.evictions > 0) ++counts_.reductions;
  return reduction.releasedBytes;
}

void PressureHistory::follow() {
  const PressureLevel level = std::max(seen_, held_);
  if (level > level_) {
    levelCause_ = causeOf(level);
    ++counts_[levelCause_].events;
  }
  level_ = level;
}

}  // namespace ebbcache
