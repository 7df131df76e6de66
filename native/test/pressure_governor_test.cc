#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "governor_fixture.h"
#include "heap_faults.h"
#include "pressure/governor.h"
#include "pressure_fakes.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST_F(GovernorTest, LevelIsUnknownBeforeTheFirstLook) {
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
  // 80 % to 65 % of 10,000 MiB: more than the level's quarter.
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

TEST_F(GovernorTest, NeverBelowTheFloor) {
  const auto store = add(400 * kMiB, 400 * kMiB, 350 * kMiB);
  for (int i = 0; i < 5; i++) tickAt(90);
  EXPECT_EQ(store->budgetBytes(), 350 * kMiB);
  EXPECT_EQ(store->budgetChanges, 1);
}

TEST_F(GovernorTest, AskedOnceForALevelThatStays) {
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

TEST_F(GovernorTest, AStoreThatDoesNotEbbIsOnlyMaintained) {
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

TEST_F(GovernorTest, AFailedLookIsUnknownAndChangesNothing) {
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
    // A step is due to the other, and to this one a second after it was applied.
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

TEST_F(GovernorTest, HoldsNothingForAStoreThatDoesNotEbb) {
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
  store->least = 3 * kMiB;
  machine->setPercent(100);
  for (int i = 0; i < 10; i++) {
    machine->setPercent(100);
    tick();
  }
  EXPECT_EQ(store->budgetBytes(), 3 * kMiB);
  EXPECT_EQ(store->budgetChanges, 1);
  EXPECT_EQ(governor.status().reductions, 1U);
}

TEST_F(GovernorTest, HasNoEarForTheKernelWithoutEarlyWarnings) {
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
  EXPECT_EQ(after.looks, before.looks + 2);
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

GovernorOptions everyMillisecond() {
  GovernorOptions options;
  options.interval = milliseconds(1);
  options.regrowInterval = milliseconds(1);
  return options;
}

TEST(GovernorThread, ShrinksWithoutBeingAsked) {
  auto machine = std::make_shared<FakeMachine>(1000 * kMiB);
  machine->setPercent(50);
  Governor governor(everyMillisecond(), inputsOf(machine));
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB, 10 * kMiB);
  governor.add(store);
  machine->setPercent(96);
  while (store->heldBytes() > 10 * kMiB) std::this_thread::yield();
  machine->setPercent(50);
  while (store->budgetBytes() < 100 * kMiB) std::this_thread::yield();
  EXPECT_EQ(store->heldBytes(), 10 * kMiB);
}

TEST(GovernorThread, HasNoAnswerWithoutAReaderForGrowth) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(),
                    {readerOf(machine), nullptr, std::make_unique<TimedWatch>()});
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  governor.add(store);
  while (store->maintained < 3) std::this_thread::yield();
  EXPECT_TRUE(governor.mayGrow(1)) << "no reader, no answer yet";
}

/// A governor that looks when its watch says so, or after an hour.
struct Watched {
  Watched() {
    GovernorOptions options = GovernorTest::byHand();
    options.interval = milliseconds(1);
    auto heard = std::make_unique<FakeWatch>();
    watch = heard.get();
    governor = std::make_unique<Governor>(options, inputsOf(machine, std::move(heard)));
  }

  void waitForSleep() const {
    const int waits = watch->waits;
    while (watch->waits == waits && watch->lastPause < 1'000'000) std::this_thread::yield();
  }

  // A machine of a petabyte is far from any threshold.
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  FakeWatch* watch = nullptr;
  std::unique_ptr<Governor> governor;
};

TEST(GovernorThread, SleepsLongWhereNothingCanHappen) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  watched.governor->add(store);
  while (watched.watch->waits == 0) std::this_thread::yield();
  EXPECT_GT(watched.watch->lastPause, 1'000'000);
}

TEST(GovernorThread, LooksOftenWhileThereIsAnythingToDo) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  store->upkeep = Upkeep::kDone;
  watched.governor->add(store);
  while (watched.watch->waits < 5) std::this_thread::yield();
  EXPECT_EQ(watched.watch->lastPause, 1) << "upkeep";
  store->setBudget(100 * kMiB, 50 * kMiB);
  store->upkeep = Upkeep::kIdle;
  const int waits = watched.watch->waits;
  while (watched.watch->waits < waits + 5) std::this_thread::yield();
  EXPECT_EQ(watched.watch->lastPause, 1) << "a budget to regrow";
}

TEST(GovernorThread, WakesWhenTheSystemSaysSo) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  watched.governor->add(store);
  watched.waitForSleep();
  watched.machine->setPercent(70);
  Stalls stalls;
  stalls.system = true;
  watched.watch->say(stalls);
  while (store->budgetBytes() > 75 * kMiB) std::this_thread::yield();
  EXPECT_EQ(watched.governor->level(), PressureLevel::kElevated);
  EXPECT_EQ(watched.governor->status().stalls, 1U);
}

TEST(GovernorThread, MaintainsBetweenLooksThatAreFarApart) {
  auto machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  GovernorOptions options = GovernorTest::byHand();
  options.upkeepInterval = milliseconds(1);
  Governor governor(options, inputsOf(machine));
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  governor.add(store);
  while (store->maintained < 10) std::this_thread::yield();
  EXPECT_EQ(governor.status().looks, 1U);
}

TEST(GovernorThread, LooksAtOnceAfterALevelByHand) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  watched.governor->add(store);
  watched.waitForSleep();
  watched.governor->apply(store.get(), PressureLevel::kHigh);
  while (watched.watch->lastPause != 1) std::this_thread::yield();
}

TEST(GovernorThread, ListensOnceUsageIsSoHighThatStallsCount) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  store->upkeep = Upkeep::kDone;
  watched.machine->setPercent(49);
  watched.governor->add(store);
  while (watched.watch->waits < 3) std::this_thread::yield();
  EXPECT_FALSE(watched.watch->listening);
  watched.machine->setPercent(50);
  while (!watched.watch->listening) std::this_thread::yield();
}

TEST(GovernorThread, IsConfiguredWhileItRuns) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(store);
  for (int round = 0; round < 20; round++) {
    auto other = std::make_shared<FakeMachine>();
    other->setPercent(round % 2 == 0 ? 96 : 10);
    GovernorOptions options = everyMillisecond();
    options.regrowStep = 1;
    governor.configure(options, inputsOf(other));
    const uint64_t expected = round % 2 == 0 ? 0 : 100 * kMiB;
    while (store->budgetBytes() != expected) std::this_thread::yield();
  }
  EXPECT_EQ(governor.options().regrowStep, 1);
}

TEST(GovernorOptions, SayWhichIsOutOfRange) {
  EXPECT_EQ(GovernorOptions().whyInvalid(), "");
  const auto why = [](const std::function<void(GovernorOptions&)>& change) {
    GovernorOptions options;
    change(options);
    return options.whyInvalid();
  };
  const double nan = std::nan("");
  EXPECT_EQ(why([](auto& options) { options.interval = milliseconds(0); }),
            "The interval is 0 ms, but it must be from 1 ms to a day.");
  EXPECT_EQ(why([](auto& options) { options.longestInterval = milliseconds(99); }),
            "The longest interval is 99 ms, but it must be from 100 ms to a day.");
  EXPECT_EQ(why([](auto& options) { options.targets.high = 83; }),
            "The high target is 83 %, but it must be above 0 and at most 82 %, where its level is "
            "left.");
  EXPECT_NE(why([&](auto& options) { options.targets.critical = nan; }), "");
  EXPECT_EQ(why([](auto& options) { options.shares.high = 0.8; }),
            "The high share is 80 %, but it must be from 0 to 75 %.");
  EXPECT_NE(why([&](auto& options) { options.shares.elevated = nan; }), "");
  EXPECT_EQ(why([](auto& options) { options.regrowStep = 0; }),
            "The regrow step is 0 %, but it must be above 0 and at most 100 %.");
  EXPECT_NE(why([&](auto& options) { options.regrowStep = nan; }), "");
  EXPECT_NE(why([](auto& options) { options.regrowInterval = hours(25); }), "");
  EXPECT_NE(why([](auto& options) { options.upkeepInterval = milliseconds(0); }), "");
  EXPECT_NE(why([](auto& options) { options.thresholds.high = 75; }), "");
}

TEST(GovernorThread, EndsWithTheLastStoreAndStartsAgain) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  for (int round = 0; round < 20; round++) {
    auto store = std::make_shared<FakeStore>(kMiB, 0);
    governor.add(store);
    while (store->maintained < 2) std::this_thread::yield();
    governor.remove(store.get());
    EXPECT_EQ(store.use_count(), 1);
    EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
  }
}

TEST(GovernorThread, EndsWithTheGovernor) {
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  {
    auto machine = std::make_shared<FakeMachine>();
    Governor governor(everyMillisecond(), inputsOf(machine));
    governor.add(store);
    while (store->maintained == 0) std::this_thread::yield();
  }
  EXPECT_EQ(store.use_count(), 1);
}

/// A store that asks for growth while it holds the lock that a tick takes too, as real ones do.
class LockingStore : public FakeStore {
 public:
  LockingStore(Governor& governor, uint64_t max) : FakeStore(max, max), governor_(governor) {}
  Reduction setBudget(uint64_t from, uint64_t to) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return FakeStore::setBudget(from, to);
  }
  void put() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (governor_.mayGrow(kMiB / 32)) hold(budgetBytes());
  }

 private:
  Governor& governor_;
  std::mutex mutex_;
};

TEST(GovernorThread, StoresComeAndGoFromManyThreads) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  std::vector<test::TestThread> threads;
  threads.reserve(4);
  for (unsigned seed = 0; seed < 4; seed++) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int round = 0; round < 150; round++) {
        auto store = std::make_shared<LockingStore>(governor, 10 * kMiB);
        governor.add(store);
        machine->setPercent(static_cast<double>(random() % 100));
        for (int put = 0; put < 20; put++) store->put();
        governor.tick(Governor::Clock::now());
        governor.remove(store.get());
        EXPECT_EQ(store.use_count(), 1);
        EXPECT_LE(store->heldBytes(), store->budgetBytes());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
}

}  // namespace
}  // namespace ebbcache::testing
