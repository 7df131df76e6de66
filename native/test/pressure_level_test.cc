#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pressure/level.h"

namespace ebbcache {
namespace {

MemoryUsage systemAt(double percent) {
  MemoryUsage usage;
  usage.system.limit = 1'000'000;
  usage.system.used = static_cast<uint64_t>(std::llround(percent * 10'000));
  return usage;
}

PressureLevel freshLevelAt(double percent) {
  return LevelTracker().assess(systemAt(percent)).level;
}

TEST(Level, ClassifiesByThreshold) {
  EXPECT_EQ(freshLevelAt(0), PressureLevel::kNormal);
  EXPECT_EQ(freshLevelAt(50), PressureLevel::kNormal);
  EXPECT_EQ(freshLevelAt(74.99), PressureLevel::kNormal);
  EXPECT_EQ(freshLevelAt(75), PressureLevel::kElevated);
  EXPECT_EQ(freshLevelAt(84.99), PressureLevel::kElevated);
  EXPECT_EQ(freshLevelAt(85), PressureLevel::kHigh);
  EXPECT_EQ(freshLevelAt(95), PressureLevel::kCritical);
  EXPECT_EQ(freshLevelAt(96), PressureLevel::kCritical);
  EXPECT_EQ(freshLevelAt(100), PressureLevel::kCritical);
}

TEST(Level, RisesAtTheThresholdAndFallsBelowTheMargin) {
  LevelTracker tracker;
  EXPECT_EQ(tracker.assess(systemAt(74.9)).level, PressureLevel::kNormal);
  EXPECT_EQ(tracker.assess(systemAt(75)).level, PressureLevel::kElevated);
  EXPECT_EQ(tracker.assess(systemAt(72)).level, PressureLevel::kElevated);
  EXPECT_EQ(tracker.assess(systemAt(71.99)).level, PressureLevel::kNormal);
  EXPECT_EQ(tracker.assess(systemAt(74)).level, PressureLevel::kNormal);
}

TEST(Level, RisesAndFallsSeveralLevelsAtOnce) {
  LevelTracker tracker;
  EXPECT_EQ(tracker.assess(systemAt(50)).level, PressureLevel::kNormal);
  EXPECT_EQ(tracker.assess(systemAt(97)).level, PressureLevel::kCritical);
  EXPECT_EQ(tracker.assess(systemAt(20)).level, PressureLevel::kNormal);
}

TEST(Level, AFallEndsAtTheSameLevelInOneStepAsInMany) {
  for (int end = 0; end <= 98; end++) {
    LevelTracker jump;
    jump.assess(systemAt(99));
    LevelTracker walk;
    for (int at = 99; at > end; at--) walk.assess(systemAt(at));
    EXPECT_EQ(jump.assess(systemAt(end)).level, walk.assess(systemAt(end)).level) << end;
  }
}

TEST(Level, DoesNotFlapAroundAThreshold) {
  for (const double threshold : {75.0, 85.0, 95.0}) {
    for (const double offset : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
      LevelTracker tracker;
      PressureLevel previous = tracker.assess(systemAt(threshold + offset)).level;
      int changes = 0;
      for (int sample = 0; sample < 100; sample++) {
        // Usage swings two points either way around the threshold, over all values in between.
        const double swing = sample % 2 == 0 ? 2 - std::abs(offset) : std::abs(offset) - 2;
        const PressureLevel level = tracker.assess(systemAt(threshold + offset + swing)).level;
        if (level != previous) changes++;
        previous = level;
      }
      EXPECT_LE(changes, 2) << threshold << " " << offset;
    }
  }
}

TEST(Level, TheTighterBoundDecides) {
  MemoryUsage usage = systemAt(50);
  usage.group = MemoryBound{1000, 960};
  const Assessment byGroup = LevelTracker().assess(usage);
  EXPECT_EQ(byGroup.level, PressureLevel::kCritical);
  EXPECT_EQ(byGroup.boundBy, BoundKind::kGroup);
  EXPECT_EQ(byGroup.bound.limit, 1000U);
  EXPECT_EQ(byGroup.evictionTarget, 260U);

  usage = systemAt(86);
  usage.group = MemoryBound{1000, 100};
  const Assessment bySystem = LevelTracker().assess(usage);
  EXPECT_EQ(bySystem.level, PressureLevel::kHigh);
  EXPECT_EQ(bySystem.boundBy, BoundKind::kSystem);
}

TEST(Level, AtEqualLevelsFewerBytesAvailableDecide) {
  MemoryUsage usage = systemAt(50);
  usage.group = MemoryBound{1000, 100};
  EXPECT_EQ(LevelTracker().assess(usage).boundBy, BoundKind::kGroup);
  usage.group = MemoryBound{10'000'000, 100};
  EXPECT_EQ(LevelTracker().assess(usage).boundBy, BoundKind::kSystem);
}

TEST(Level, BoundsKeepTheirOwnHysteresis) {
  LevelTracker tracker;
  MemoryUsage usage = systemAt(50);
  usage.group = MemoryBound{1000, 860};
  EXPECT_EQ(tracker.assess(usage).level, PressureLevel::kHigh);
  // The system at 83 % was never high: only the group's margin holds.
  usage = systemAt(83);
  usage.group = MemoryBound{1000, 100};
  EXPECT_EQ(tracker.assess(usage).level, PressureLevel::kElevated);
  // A group that disappeared and came back starts anew.
  tracker.assess(systemAt(10));
  usage = systemAt(10);
  usage.group = MemoryBound{1000, 740};
  EXPECT_EQ(tracker.assess(usage).level, PressureLevel::kNormal);
}

TEST(Level, ASystemWithoutALimitIsUnknown) {
  MemoryUsage usage;
  usage.group = MemoryBound{1000, 990};
  const Assessment assessment = LevelTracker().assess(usage);
  EXPECT_EQ(assessment.level, PressureLevel::kUnknown);
  EXPECT_EQ(assessment.evictionTarget, 0U);
}

TEST(Level, AGroupWithoutALimitIsNoBound) {
  MemoryUsage usage = systemAt(50);
  usage.group = MemoryBound{0, 500};
  const Assessment assessment = LevelTracker().assess(usage);
  EXPECT_EQ(assessment.level, PressureLevel::kNormal);
  EXPECT_EQ(assessment.boundBy, BoundKind::kSystem);
}

TEST(Level, MoreUsedThanTheLimitIsAFullBound) {
  MemoryUsage usage = systemAt(50);
  usage.group = MemoryBound{1000, 5000};
  const Assessment assessment = LevelTracker().assess(usage);
  EXPECT_EQ(assessment.level, PressureLevel::kCritical);
  EXPECT_EQ(assessment.bound.available(), 0U);
  EXPECT_EQ(assessment.evictionTarget, 300U);
}

TEST(Level, ComputesEvictionTargets) {
  const auto targetAt = [](double percent) {
    return LevelTracker().assess(systemAt(percent)).evictionTarget;
  };
  EXPECT_EQ(targetAt(50), 0U);
  EXPECT_EQ(targetAt(74), 0U);
  EXPECT_EQ(targetAt(78), 130'000U);
  EXPECT_EQ(targetAt(90), 150'000U);
  EXPECT_EQ(targetAt(96), 260'000U);
}

TEST(Level, AnEvictionTargetIsNeverNegative) {
  Thresholds low;
  low.normal = 10;
  low.elevated = 20;
  low.high = 30;
  low.critical = 40;
  LevelTracker tracker(low);
  EXPECT_EQ(tracker.assess(systemAt(50)).level, PressureLevel::kCritical);
  EXPECT_EQ(tracker.assess(systemAt(50)).evictionTarget, 0U);
}

TEST(Level, LowThresholdsCanBeLeft) {
  Thresholds low;
  low.normal = 0.5;
  low.elevated = 1;
  low.high = 2;
  low.critical = 2.5;
  LevelTracker tracker(low);
  EXPECT_EQ(tracker.assess(systemAt(2.6)).level, PressureLevel::kCritical);
  EXPECT_EQ(tracker.assess(systemAt(0.1)).level, PressureLevel::kNormal);
}

TEST(Thresholds, DefaultsAreValid) {
  EXPECT_EQ(Thresholds().whyInvalid(), "");
}

TEST(Thresholds, NamesWhatDoesNotRise) {
  Thresholds thresholds;
  thresholds.high = 70;
  EXPECT_EQ(thresholds.whyInvalid(),
            "The high threshold (70) must be above the elevated threshold (75).");
  thresholds = Thresholds();
  thresholds.critical = thresholds.high;
  EXPECT_NE(thresholds.whyInvalid().find("critical"), std::string::npos);
}

TEST(Thresholds, NamesWhatIsNoPercentage) {
  Thresholds thresholds;
  thresholds.critical = 101;
  EXPECT_NE(thresholds.whyInvalid().find("critical"), std::string::npos);
  thresholds = Thresholds();
  thresholds.normal = 0;
  EXPECT_NE(thresholds.whyInvalid().find("normal"), std::string::npos);
  thresholds = Thresholds();
  thresholds.elevated = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(thresholds.whyInvalid().find("elevated"), std::string::npos);
}

Stalls stallsOf(bool system, bool group) {
  Stalls stalls;
  stalls.system = system;
  stalls.group = group;
  return stalls;
}

TEST(EarlyWarning, StallsRaiseByOneUpToHigh) {
  const auto levelAt = [](double percent) {
    return LevelTracker().assess(systemAt(percent), stallsOf(true, false)).level;
  };
  EXPECT_EQ(levelAt(10), PressureLevel::kNormal);
  EXPECT_EQ(levelAt(59.9), PressureLevel::kNormal);
  EXPECT_EQ(levelAt(60), PressureLevel::kElevated);
  EXPECT_EQ(levelAt(76), PressureLevel::kHigh);
  EXPECT_EQ(levelAt(86), PressureLevel::kHigh);
  EXPECT_EQ(levelAt(96), PressureLevel::kCritical);
}

TEST(EarlyWarning, AWarningThatEndsLeavesTheLevelOfUsage) {
  LevelTracker tracker;
  EXPECT_EQ(tracker.assess(systemAt(74), stallsOf(true, false)).level, PressureLevel::kElevated);
  EXPECT_EQ(tracker.assess(systemAt(74)).level, PressureLevel::kNormal);
  EXPECT_EQ(tracker.assess(systemAt(76), stallsOf(true, false)).level, PressureLevel::kHigh);
  EXPECT_EQ(tracker.assess(systemAt(76)).level, PressureLevel::kElevated);
}

TEST(EarlyWarning, DoesNotFlapAroundTheNormalThreshold) {
  LevelTracker tracker;
  tracker.assess(systemAt(61), stallsOf(true, false));
  for (int sample = 0; sample < 100; sample++) {
    const double percent = sample % 2 == 0 ? 58 : 62;
    EXPECT_EQ(tracker.assess(systemAt(percent), stallsOf(true, false)).level,
              PressureLevel::kElevated);
  }
  EXPECT_EQ(tracker.assess(systemAt(56.9), stallsOf(true, false)).level, PressureLevel::kNormal);
  EXPECT_EQ(tracker.assess(systemAt(59), stallsOf(true, false)).level, PressureLevel::kNormal);
}

TEST(EarlyWarning, AStallOfTheGroupIsForTheGroup) {
  MemoryUsage usage = systemAt(70);
  usage.group = MemoryBound{1000, 300};
  EXPECT_EQ(LevelTracker().assess(usage, stallsOf(false, true)).level, PressureLevel::kNormal);
  usage.group = MemoryBound{1000, 700};
  const Assessment byGroup = LevelTracker().assess(usage, stallsOf(false, true));
  EXPECT_EQ(byGroup.level, PressureLevel::kElevated);
  EXPECT_EQ(byGroup.boundBy, BoundKind::kGroup);
  usage = systemAt(10);
  usage.group = MemoryBound{1000, 700};
  EXPECT_EQ(LevelTracker().assess(usage, stallsOf(true, false)).level, PressureLevel::kNormal);
  EXPECT_EQ(LevelTracker().assess(systemAt(70), stallsOf(false, true)).level,
            PressureLevel::kElevated)
      << "no group limits the process";
}

TEST(EarlyWarning, AsksForNoLessThanUsageAlone) {
  const uint64_t byUsage = LevelTracker().assess(systemAt(80)).evictionTarget;
  EXPECT_EQ(byUsage, 150'000U);
  EXPECT_EQ(LevelTracker().assess(systemAt(80), stallsOf(true, false)).evictionTarget, byUsage);
  EXPECT_EQ(LevelTracker().assess(systemAt(62), stallsOf(true, false)).evictionTarget, 0U);
}

TEST(EarlyWarning, TheKernelsHintIsTheMinimum) {
  MemoryUsage usage = systemAt(30);
  usage.kernel = OsPressureHint::kLow;
  EXPECT_EQ(LevelTracker().assess(usage).level, PressureLevel::kElevated);
  usage.kernel = OsPressureHint::kCritical;
  EXPECT_EQ(LevelTracker().assess(usage).level, PressureLevel::kHigh);
  usage = systemAt(96);
  usage.kernel = OsPressureHint::kLow;
  EXPECT_EQ(LevelTracker().assess(usage).level, PressureLevel::kCritical);
}

TEST(Level, TargetsOfLowThresholdsAreBelowThem) {
  Thresholds low;
  low.normal = 10;
  low.elevated = 20;
  low.high = 60;
  low.critical = 99;
  const EvictionTargets targets = EvictionTargets::within(low);
  EXPECT_EQ(targets.elevated, 17);
  EXPECT_EQ(targets.high, 57);
  EXPECT_EQ(targets.critical, 70);
  EXPECT_EQ(LevelTracker(low, targets).assess(systemAt(30)).evictionTarget, 130'000U);
}

}  // namespace
}  // namespace ebbcache
