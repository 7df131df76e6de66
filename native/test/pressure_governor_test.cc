// The governor, tick by tick: budgets that fall and regrow, levels that are applied and held.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "governor_fixture.h"
#include "pressure/governor.h"
#include "pressure_fakes.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST_F(GovernorTest, LevelIsUnknownBeforeTheFirstSample) {
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
}

TEST_F(GovernorTest, NormalLeavesBudgetsAlone) {
  const auto store = add(1000 * kMiB, 900 * kMiB);
  tickAt(50);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
  EXPECT_EQ(store->budgetBytes(), 1000 * kMiB);
  EXPECT_EQ(store->budgetChanges, 0);
}

TEST_F(GovernorTest, FreesWhatTheTargetNeeds) {
  const auto store = add(4000 * kMiB, 4000 * kMiB);
  tickAt(80);
  EXPECT_EQ(governor.level(), PressureLevel::kElevated);
  // 80 % to 65 % of 10,000 MiB is more than the level's quarter.
  EXPECT_NEAR(static_cast<double>(store->budgetBytes()), 2500.0 * kMiB, 2);
  tick();
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
}

TEST_F(GovernorTest, FreesTheLevelsShareWhereThatIsMore) {
  const auto store = add(8000 * kMiB, 8000 * kMiB);
  tickAt(76);
  EXPECT_EQ(store->budgetBytes(), 6000 * kMiB);
}

TEST_F(GovernorTest, CriticalLeavesTheFloor) {
  const auto store = add(4000 * kMiB, 4000 * kMiB, 300 * kMiB);
  tickAt(96);
  EXPECT_EQ(governor.level(), PressureLevel::kCritical);
  EXPECT_EQ(store->budgetBytes(), 300 * kMiB);
  EXPECT_EQ(store->heldBytes(), 300 * kMiB);
}

TEST_F(GovernorTest, NeverShrinksBelowTheFloor) {
  const auto store = add(400 * kMiB, 400 * kMiB, 350 * kMiB);
  for (int i = 0; i < 5; i++) tickAt(90);
  EXPECT_EQ(store->budgetBytes(), 350 * kMiB);
  EXPECT_EQ(store->budgetChanges, 1);
}

TEST_F(GovernorTest, AsksOnceForALevelThatStays) {
  const auto store = add(8000 * kMiB, 100 * kMiB, 100 * kMiB);
  for (int i = 0; i < 10; i++) tickAt(76);
  EXPECT_EQ(store->budgetChanges, 1);
}

TEST_F(GovernorTest, StoresShareWhatIsToBeFreed) {
  const auto large = add(6000 * kMiB, 3000 * kMiB);
  const auto small = add(6000 * kMiB, 1000 * kMiB);
  tickAt(81);
  EXPECT_NEAR(static_cast<double>(large->heldBytes()), 1800.0 * kMiB, 2);
  EXPECT_NEAR(static_cast<double>(small->heldBytes()), 600.0 * kMiB, 2);
}

TEST_F(GovernorTest, AStoreThatIsNotGovernedIsOnlyMaintained) {
  const auto fixed = add(4000 * kMiB, 4000 * kMiB, 0, false);
  const auto ebbing = add(4000 * kMiB, 4000 * kMiB);
  const int before = fixed->maintained;
  tickAt(96);
  EXPECT_EQ(fixed->budgetChanges, 0);
  EXPECT_EQ(fixed->heldBytes(), 4000 * kMiB);
  EXPECT_EQ(fixed->maintained, before + 1);
  EXPECT_EQ(ebbing->heldBytes(), 0U);
}

TEST_F(GovernorTest, RegrowsInStepsOnceNormal) {
  const auto store = add(1000 * kMiB, 1000 * kMiB);
  tickAt(96);
  EXPECT_EQ(store->budgetBytes(), 0U);
  machine->setPercent(40);
  now += milliseconds(900);
  governor.tick(now);
  EXPECT_EQ(store->budgetBytes(), 0U) << "an interval must pass first";
  for (int step = 1; step <= 25; step++) {
    now += milliseconds(1000);
    governor.tick(now);
    governor.tick(now + milliseconds(1));
    const uint64_t expected = std::min<uint64_t>(1000, static_cast<uint64_t>(step) * 50) * kMiB;
    EXPECT_EQ(store->budgetBytes(), expected);
  }
  EXPECT_EQ(store->budgetChanges, 21);
}

TEST_F(GovernorTest, RegrowsOnlyWhereTheStepStaysNormal) {
  const auto store = add(2000 * kMiB, 2000 * kMiB);
  tickAt(96);
  now += milliseconds(1000);
  // A step is 1 % of the machine, and the level could hold from 72 % on.
  tickAt(71);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
  EXPECT_EQ(store->budgetBytes(), 0U);
  now += milliseconds(1000);
  tickAt(70.9);
  EXPECT_EQ(store->budgetBytes(), 100 * kMiB);
}

TEST_F(GovernorTest, StepsOfSeveralStoresAddUp) {
  const auto first = add(2000 * kMiB, 0);
  const auto second = add(2000 * kMiB, 0);
  tickAt(96);
  now += milliseconds(1000);
  tickAt(70.5);
  EXPECT_EQ(first->budgetBytes() + second->budgetBytes(), 100 * kMiB);
}

TEST_F(GovernorTest, TheGroupHoldsRegrowthToo) {
  const auto store = add(100 * kMiB, 0);
  machine->setGroup(MemoryBound{100 * kMiB, 96 * kMiB});
  tickAt(10);
  EXPECT_EQ(governor.level(), PressureLevel::kCritical);
  EXPECT_EQ(store->budgetBytes(), 0U);
  now += milliseconds(1000);
  machine->setGroup(MemoryBound{100 * kMiB, 68 * kMiB});
  tickAt(10);
  EXPECT_EQ(store->budgetBytes(), 0U);
  now += milliseconds(1000);
  machine->setGroup(MemoryBound{100 * kMiB, 66 * kMiB});
  tickAt(10);
  EXPECT_EQ(store->budgetBytes(), 5 * kMiB);
}

TEST_F(GovernorTest, AFailedSampleIsUnknownAndChangesNothing) {
  const auto store = add(1000 * kMiB, 1000 * kMiB);
  tickAt(96);
  EXPECT_EQ(store->budgetBytes(), 0U);
  machine->setPercent(10);
  machine->setFailing(true);
  const uint64_t failures = governor.status().failedReads;
  for (int i = 0; i < 30; i++) tick();
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
  EXPECT_EQ(governor.status().failedReads, failures + 30);
  EXPECT_EQ(store->budgetBytes(), 0U);
  machine->setFailing(false);
  tick();
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
  EXPECT_EQ(store->budgetBytes(), 50 * kMiB);
}

TEST_F(GovernorTest, GuardsGrowthAtHigh) {
  machine->setPercent(84);
  EXPECT_TRUE(governor.mayGrow(50 * kMiB));
  EXPECT_FALSE(governor.mayGrow(150 * kMiB));
}

TEST_F(GovernorTest, ReactsByTheStepsItIsGiven) {
  const auto store = add(8000 * kMiB, 8000 * kMiB);
  GovernorOptions options = byHand();
  options.shares = {0.9, 0.6};
  options.targets = {75, 80, 90};
  options.thresholds.elevated = 78;
  options.regrowStep = 0.25;
  options.regrowInterval = milliseconds(500);
  reconfigure(options);
  tickAt(77);
  EXPECT_EQ(store->budgetBytes(), 8000 * kMiB);
  tickAt(78);
  EXPECT_EQ(store->budgetBytes(), 7200 * kMiB);
  tickAt(86);
  EXPECT_EQ(store->budgetBytes(), 4800 * kMiB);
  now += milliseconds(500);
  tickAt(20);
  EXPECT_EQ(store->budgetBytes(), 6800 * kMiB);
}

TEST_F(GovernorTest, AConfiguredCeilingGuardsGrowth) {
  machine->setPercent(60);
  EXPECT_TRUE(governor.mayGrow(50 * kMiB));
  GovernorOptions options = byHand();
  options.thresholds = {30, 40, 50, 60};
  options.targets = EvictionTargets::within(options.thresholds);
  governor.configure(options, inputsOf(machine));
  EXPECT_FALSE(governor.mayGrow(50 * kMiB));
  EXPECT_EQ(governor.options().thresholds.high, 50);
}

TEST_F(GovernorTest, AppliesALevelToOneStore) {
  const auto store = add(1000 * kMiB, 1000 * kMiB, 100 * kMiB);
  const auto other = add(1000 * kMiB, 1000 * kMiB);
  EXPECT_EQ(governor.apply(store.get(), PressureLevel::kElevated), 250 * kMiB);
  EXPECT_EQ(store->budgetBytes(), 750 * kMiB);
  EXPECT_EQ(store->heldBytes(), 750 * kMiB);
  EXPECT_EQ(governor.apply(store.get(), PressureLevel::kHigh), 375 * kMiB);
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
  EXPECT_EQ(store->heldBytes(), 375 * kMiB);
  governor.apply(store.get(), PressureLevel::kElevated);
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB) << "never raised";
  governor.apply(store.get(), PressureLevel::kCritical);
  EXPECT_EQ(store->budgetBytes(), 100 * kMiB);
  EXPECT_EQ(store->heldBytes(), 100 * kMiB);
  EXPECT_EQ(governor.apply(store.get(), PressureLevel::kNormal), 0U);
  EXPECT_EQ(store->budgetBytes(), 1000 * kMiB);
  EXPECT_EQ(store->shareKept, 0);
  EXPECT_EQ(other->budgetChanges, 0);
  EXPECT_EQ(governor.apply(nullptr, PressureLevel::kHigh), 0U);
  EXPECT_EQ(governor.apply(store.get(), PressureLevel::kUnknown), 0U);
}

TEST_F(GovernorTest, AppliesALevelToAStoreFarBelowItsBudget) {
  const auto store = add(1000 * kMiB, 200 * kMiB);
  EXPECT_EQ(governor.apply(store.get(), PressureLevel::kHigh), 100 * kMiB);
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
  const auto fixed = add(1000 * kMiB, 200 * kMiB, 0, false);
  EXPECT_EQ(governor.apply(fixed.get(), PressureLevel::kElevated), 50 * kMiB);
  EXPECT_EQ(governor.apply(fixed.get(), PressureLevel::kNormal), 0U);
  EXPECT_EQ(fixed->budgetChanges, 0);
}

TEST_F(GovernorTest, AnAppliedLevelRegrowsLikeAnyOther) {
  const auto store = add(1000 * kMiB, 0);
  governor.apply(store.get(), PressureLevel::kHigh);
  tickAt(10);
  EXPECT_EQ(store->budgetBytes(), 550 * kMiB);
}

TEST_F(GovernorTest, WhatIsAppliedToOneStoreDelaysNoOther) {
  const auto store = add(1000 * kMiB, 0);
  const auto other = add(1000 * kMiB, 0);
  other->setBudget(1000 * kMiB, 500 * kMiB);
  now = Governor::Clock::now();
  for (int i = 1; i <= 3; i++) {
    governor.apply(store.get(), PressureLevel::kHigh);
    // The other store's step is due now, and this one's a second after the level was applied.
    now += milliseconds(1000);
    governor.tick(now - milliseconds(1));
    governor.tick(now);
    EXPECT_EQ(other->budgetBytes(), static_cast<uint64_t>(500 + 50 * i) * kMiB);
  }
}

TEST_F(GovernorTest, AHeldLevelCapsTheBudgetUntilItEnds) {
  const auto store = add(1000 * kMiB, 1000 * kMiB, 100 * kMiB);
  EXPECT_EQ(governor.hold(store.get(), PressureLevel::kHigh), 500 * kMiB);
  for (int i = 0; i < 5; i++) {
    now += milliseconds(1000);
    tickAt(10);
    EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
    EXPECT_EQ(governor.hold(store.get(), PressureLevel::kHigh), 0U);
  }
  EXPECT_EQ(store->budgetChanges, 1);
  EXPECT_EQ(store->shareKept, 1) << "again and again would add up";
  governor.hold(store.get(), PressureLevel::kElevated);
  for (int i = 0; i < 10; i++) {
    now += milliseconds(1000);
    tickAt(10);
  }
  EXPECT_EQ(store->budgetBytes(), 750 * kMiB);
  governor.hold(store.get(), PressureLevel::kCritical);
  EXPECT_EQ(store->heldBytes(), 100 * kMiB);
  EXPECT_EQ(store->shareKept, 0);
  EXPECT_EQ(governor.hold(store.get(), PressureLevel::kNormal), 0U);
  EXPECT_EQ(store->budgetBytes(), 100 * kMiB);
  for (int i = 0; i < 20; i++) {
    now += milliseconds(1000);
    tickAt(10);
  }
  EXPECT_EQ(store->budgetBytes(), 1000 * kMiB);
}

TEST_F(GovernorTest, HoldsNothingForAStoreThatIsNotGoverned) {
  const auto fixed = add(1000 * kMiB, 1000 * kMiB, 0, false);
  EXPECT_EQ(governor.hold(fixed.get(), PressureLevel::kCritical), 0U);
  EXPECT_EQ(fixed->heldBytes(), 1000 * kMiB);
  EXPECT_EQ(governor.hold(nullptr, PressureLevel::kHigh), 0U);
}

TEST_F(GovernorTest, AShorterIntervalCountsForStepsThatAreWaitedFor) {
  const auto store = add(1000 * kMiB, 0);
  GovernorOptions options = byHand();
  options.regrowInterval = hours(20);
  reconfigure(options);
  tickAt(96);
  tickAt(10);
  EXPECT_EQ(store->budgetBytes(), 0U);
  options.regrowInterval = milliseconds(10);
  reconfigure(options);
  tick();
  EXPECT_EQ(store->budgetBytes(), 50 * kMiB);
}

TEST_F(GovernorTest, AsksForNoLessThanAStoreNeeds) {
  const auto store = add(1000 * kMiB, 1000 * kMiB);
  store->budgetFloor = 3 * kMiB;
  machine->setPercent(100);
  for (int i = 0; i < 10; i++) {
    machine->setPercent(100);
    tick();
  }
  EXPECT_EQ(store->budgetBytes(), 3 * kMiB);
  EXPECT_EQ(store->budgetChanges, 1);
  EXPECT_EQ(governor.status().reductions, 1U);
}

TEST_F(GovernorTest, IgnoresTheKernelWithoutEarlyWarnings) {
  const auto store = add(1000 * kMiB, 0);
  machine->setKernel(OsPressureHint::kCritical);
  tickAt(10);
  EXPECT_EQ(governor.level(), PressureLevel::kHigh);
  GovernorOptions options = byHand();
  options.earlyWarnings = false;
  reconfigure(options);
  tickAt(10);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
}

TEST_F(GovernorTest, SaysWhatItDid) {
  const auto store = add(1000 * kMiB, 1000 * kMiB);
  const GovernorStatus before = governor.status();
  EXPECT_TRUE(before.running);
  EXPECT_EQ(before.lastFailure, "The fake machine cannot be read.");
  EXPECT_EQ(before.assessment.level, PressureLevel::kUnknown);
  tickAt(90);
  tick();
  const GovernorStatus after = governor.status();
  EXPECT_EQ(after.samples, before.samples + 2);
  EXPECT_EQ(after.failedReads, before.failedReads);
  EXPECT_EQ(after.reductions, 1U);
  EXPECT_EQ(after.assessment.level, governor.level());
  governor.remove(store.get());
  EXPECT_FALSE(governor.status().running);
}

TEST_F(GovernorTest, ARemovedStoreIsReleasedAndNotTouched) {
  auto store = add(1000 * kMiB, 1000 * kMiB);
  const auto other = add(1000 * kMiB, 1000 * kMiB);
  stores.clear();
  governor.remove(store.get());
  EXPECT_EQ(store.use_count(), 1);
  const int maintained = store->maintained;
  tickAt(96);
  EXPECT_EQ(store->maintained, maintained);
  EXPECT_EQ(store->budgetChanges, 0);
  governor.remove(store.get());
  governor.remove(nullptr);
  governor.remove(other.get());
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
}

TEST_F(GovernorTest, AddingTwiceOrNothingCountsOnce) {
  auto store = add(1000 * kMiB, 0);
  governor.add(store);
  governor.add(nullptr);
  const int before = store->maintained;
  tick();
  EXPECT_EQ(store->maintained, before + 1);
}

}  // namespace
}  // namespace ebbcache::testing
