#include "pressure/level.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ebbcache {
namespace {

std::string formatted(double percent) {
  std::array<char, 32> text{};
  const int written = std::snprintf(text.data(), text.size(), "%g", percent);
  return written > 0 ? text.data() : "?";
}

/// Readers promise used <= limit; a limit that is lowered between two reads must not wrap
/// `available()` around.
MemoryBound clamped(const MemoryBound& bound) {
  return {bound.limit, std::min(bound.used, bound.limit)};
}

uint64_t evictionTargetOf(const MemoryBound& bound, PressureLevel level) {
  double keep = 0;
  switch (level) {
    case PressureLevel::kElevated:
      keep = 0.65;
      break;
    case PressureLevel::kHigh:
      keep = 0.75;
      break;
    case PressureLevel::kCritical:
      keep = 0.70;
      break;
    case PressureLevel::kNormal:
    case PressureLevel::kUnknown:
      return 0;
  }
  const auto kept = static_cast<uint64_t>(keep * static_cast<double>(bound.limit));
  return bound.used > kept ? bound.used - kept : 0;
}

}  // namespace

std::string Thresholds::whyInvalid() const {
  struct Named {
    const char* name;
    double value;
  };
  const std::array<Named, 4> all{
      {{"normal", normal}, {"elevated", elevated}, {"high", high}, {"critical", critical}}};
  for (size_t i = 0; i < all.size(); i++) {
    // Negated, so that NaN is caught too.
    if (!(all[i].value > 0 && all[i].value <= 100)) {
      return std::string("The ") + all[i].name + " threshold is " + formatted(all[i].value) +
             ", but it must be a percentage above 0 and at most 100.";
    }
    if (i > 0 && !(all[i].value > all[i - 1].value)) {
      return std::string("The ") + all[i].name + " threshold (" + formatted(all[i].value) +
             ") must be above the " + all[i - 1].name + " threshold (" +
             formatted(all[i - 1].value) + ").";
    }
  }
  return {};
}

double leaveBelow(double threshold) {
  return threshold - std::min(kHysteresisPoints, threshold / 2);
}

Assessment LevelTracker::assess(const MemoryUsage& usage) {
  Assessment result;
  result.bound = clamped(usage.system);
  if (usage.system.limit == 0) return result;

  system_ = classify(result.bound.percentUsed(), system_);
  result.level = system_;

  // A group without a limit is no bound.
  if (usage.group && usage.group->limit > 0) {
    const MemoryBound group = clamped(*usage.group);
    group_ = classify(group.percentUsed(), group_);
    const bool groupDecides =
        group_ > system_ || (group_ == system_ && group.available() < result.bound.available());
    if (groupDecides) {
      result.level = group_;
      result.boundBy = BoundKind::kGroup;
      result.bound = group;
    }
  } else {
    group_ = PressureLevel::kUnknown;
  }
  result.evictionTarget = evictionTargetOf(result.bound, result.level);
  return result;
}

PressureLevel LevelTracker::classify(double percent, PressureLevel previous) const {
  const auto holds = [&](PressureLevel level, double threshold) {
    return percent >= (previous >= level ? leaveBelow(threshold) : threshold);
  };
  if (holds(PressureLevel::kCritical, thresholds_.critical)) return PressureLevel::kCritical;
  if (holds(PressureLevel::kHigh, thresholds_.high)) return PressureLevel::kHigh;
  if (holds(PressureLevel::kElevated, thresholds_.elevated)) return PressureLevel::kElevated;
  return PressureLevel::kNormal;
}

}  // namespace ebbcache
