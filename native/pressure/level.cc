#include "pressure/level.h"

#include <algorithm>
#include <array>

#include "pressure/number_text.h"

namespace ebbcache {
namespace {

/// Readers promise used <= limit; a limit that is lowered between two reads must not wrap
/// `available()` around.
MemoryBound clamped(const MemoryBound& bound) {
  return {bound.limit, std::min(bound.used, bound.limit)};
}

/// The minimum level that the kernel's hint stands for.
PressureLevel levelOf(OsPressureHint hint) {
  switch (hint) {
    case OsPressureHint::kLow:
      return PressureLevel::kElevated;
    case OsPressureHint::kCritical:
      return PressureLevel::kHigh;
    case OsPressureHint::kNone:
      break;
  }
  return PressureLevel::kNormal;
}

PressureLevel oneAbove(PressureLevel level) {
  return level == PressureLevel::kNormal ? PressureLevel::kElevated : PressureLevel::kHigh;
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
    // The condition is negated, so that it catches NaN too.
    if (!(all[i].value > 0 && all[i].value <= 100)) {
      return std::string("The ") + all[i].name + " threshold is " + numberText(all[i].value) +
             ", but it must be a percentage above 0 and at most 100.";
    }
    if (i > 0 && !(all[i].value > all[i - 1].value)) {
      return std::string("The ") + all[i].name + " threshold (" + numberText(all[i].value) +
             ") must be above the " + all[i - 1].name + " threshold (" +
             numberText(all[i - 1].value) + ").";
    }
  }
  return {};
}

EvictionTargets EvictionTargets::within(const Thresholds& thresholds) {
  const EvictionTargets targets;
  return {std::min(targets.elevated, leaveBelow(thresholds.elevated)),
          std::min(targets.high, leaveBelow(thresholds.high)),
          std::min(targets.critical, leaveBelow(thresholds.critical))};
}

double leaveBelow(double threshold) {
  return threshold - std::min(kHysteresisPoints, threshold / 2);
}

Assessment LevelTracker::assess(const MemoryUsage& usage, Stalls stalls) {
  Assessment result;
  result.bound = clamped(usage.system);
  if (usage.system.limit == 0) return result;

  // A group without a limit is no bound.
  const bool grouped = usage.group && usage.group->limit > 0;
  const bool systemStalls = stalls.system || (stalls.group && !grouped);
  result.level = std::max(follow(system_, result.bound, systemStalls), levelOf(usage.kernel));
  PressureLevel byUsage = system_.level;

  if (grouped) {
    const MemoryBound bound = clamped(*usage.group);
    const PressureLevel level = follow(group_, bound, stalls.group);
    const bool groupDecides =
        level > result.level ||
        (level == result.level && bound.available() < result.bound.available());
    if (groupDecides) {
      result.level = level;
      result.boundBy = BoundKind::kGroup;
      result.bound = bound;
      byUsage = group_.level;
    }
  } else {
    group_ = Track();
  }
  // A level that was raised early asks for no less than usage alone would.
  result.evictionTarget =
      std::max(evictionTarget(result.bound, result.level), evictionTarget(result.bound, byUsage));
  return result;
}

PressureLevel LevelTracker::follow(Track& track, const MemoryBound& bound, bool stalled) const {
  const double percent = bound.percentUsed();
  track.level = classify(percent, track.level);
  const double above = track.raisedByStalls ? leaveBelow(thresholds_.normal) : thresholds_.normal;
  track.raisedByStalls = stalled && percent >= above;
  if (!track.raisedByStalls || track.level >= PressureLevel::kHigh) return track.level;
  return oneAbove(track.level);
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

uint64_t LevelTracker::evictionTarget(const MemoryBound& bound, PressureLevel level) const {
  double percent = 100;
  if (level == PressureLevel::kElevated) percent = targets_.elevated;
  if (level == PressureLevel::kHigh) percent = targets_.high;
  if (level == PressureLevel::kCritical) percent = targets_.critical;
  const auto kept = static_cast<uint64_t>(percent / 100 * static_cast<double>(bound.limit));
  return bound.used > kept ? bound.used - kept : 0;
}

}  // namespace ebbcache
