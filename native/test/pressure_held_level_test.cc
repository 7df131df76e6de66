// A level that is held on a store: during a step up, and across a resize.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "governor_fixture.h"
#include "heap_faults.h"
#include "pressure_fakes.h"
#include "runtime/runtime.h"
#include "runtime/shared_store.h"

namespace ebbcache::testing {
namespace {

/// Calls a function once, in the middle of a step up.
class HookedStore final : public FakeStore {
 public:
  using FakeStore::FakeStore;

  uint64_t maxBytes() const override {
    if (inMaxBytes) std::exchange(inMaxBytes, nullptr)();
    return FakeStore::maxBytes();
  }
  Reduction setBudget(uint64_t from, uint64_t to) override {
    if (inChange) std::exchange(inChange, nullptr)();
    return FakeStore::setBudget(from, to);
  }

  mutable std::function<void()> inMaxBytes;
  std::function<void()> inChange;
};

class HeldLevelTest : public GovernorTest {
 public:
  /// A budget of 450 of 1000 MiB, for which a step of 100 MiB is due.
  std::shared_ptr<HookedStore> addBelowHalf() {
    GovernorOptions options = byHand();
    options.regrowStep = 0.1;
    add(kMiB, 0);
    reconfigure(options);
    auto store = std::make_shared<HookedStore>(1000 * kMiB, 0);
    store->setBudget(1000 * kMiB, 450 * kMiB);
    governor.add(store);
    return store;
  }
};

TEST_F(HeldLevelTest, StandsAlsoWhereItComesAfterAStepWasPlanned) {
  const auto store = addBelowHalf();
  store->inMaxBytes = [&] {
    test::TestThread([&] { governor.hold(store.get(), PressureLevel::kHigh); }).join();
  };
  // The store does not know the governor's level yet: this sample plans the step.
  tickAt(10);
  EXPECT_EQ(store->inMaxBytes, nullptr);
  EXPECT_EQ(store->history().held(), PressureLevel::kHigh);
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
}

TEST_F(HeldLevelTest, StandsAlsoWhereItComesWhileAStepIsTaken) {
  const auto store = addBelowHalf();
  test::TestThread holding;
  store->inChange = [&] {
    holding = test::TestThread([&] { governor.hold(store.get(), PressureLevel::kHigh); });
    while (store->history().held() != PressureLevel::kHigh) std::this_thread::yield();
  };
  tickAt(10);
  EXPECT_EQ(store->inChange, nullptr);
  holding.join();
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
}

TEST_F(HeldLevelTest, StandsAlsoWhereNormalIsApplied) {
  const auto store = add(1000 * kMiB, 0);
  governor.hold(store.get(), PressureLevel::kHigh);
  governor.apply(store.get(), PressureLevel::kCritical);
  governor.apply(store.get(), PressureLevel::kNormal);
  EXPECT_EQ(store->budgetBytes(), 500 * kMiB);
}

TEST_F(HeldLevelTest, KeepsItsShareOfANewMaximum) {
  const auto store = add(256 * kMiB, 100 * kMiB);
  governor.hold(store.get(), PressureLevel::kHigh);
  store->resize(16 * kMiB);
  governor.resized(store.get());
  EXPECT_EQ(store->budgetBytes(), 8 * kMiB);
  EXPECT_EQ(store->history().counts()[PressureCause::kHigh].evictions, 8U);
  store->resize(1024 * kMiB);
  governor.resized(store.get());
  EXPECT_EQ(store->budgetBytes(), 512 * kMiB);
}

TEST_F(HeldLevelTest, LeavesTheFloorOfANewMaximumWhenCritical) {
  const auto store = add(256 * kMiB, 0, 10 * kMiB);
  governor.hold(store.get(), PressureLevel::kCritical);
  for (const uint64_t max : {16 * kMiB, 1024 * kMiB}) {
    store->resize(max);
    governor.resized(store.get());
    EXPECT_EQ(store->budgetBytes(), 10 * kMiB);
  }
}

TEST_F(HeldLevelTest, IsNoHigherThanTheGovernorsLevelAfterAResize) {
  const auto store = add(256 * kMiB, 0);
  governor.hold(store.get(), PressureLevel::kElevated);
  // The level is high, and there is nothing to free.
  machine->setKernel(OsPressureHint::kCritical);
  tickAt(10);
  EXPECT_EQ(store->budgetBytes(), 128 * kMiB);
  store->resize(1024 * kMiB);
  governor.resized(store.get());
  EXPECT_EQ(store->budgetBytes(), 512 * kMiB);
}

TEST_F(HeldLevelTest, ALargerMaximumRaisesNothingThatWasLoweredFurther) {
  const auto store = add(256 * kMiB, 0);
  governor.hold(store.get(), PressureLevel::kHigh);
  governor.apply(store.get(), PressureLevel::kCritical);
  store->resize(1024 * kMiB);
  governor.resized(store.get());
  EXPECT_EQ(store->budgetBytes(), 0U);
}

TEST_F(HeldLevelTest, AResizeWithoutAHeldLevelLeavesTheBudgetToTheStore) {
  const auto store = add(256 * kMiB, 0);
  const auto fixed = add(256 * kMiB, 0, 0, false);
  tickAt(10);
  const int changes = store->budgetChanges;
  for (const uint64_t max : {16 * kMiB, 1024 * kMiB}) {
    store->resize(max);
    governor.resized(store.get());
    EXPECT_EQ(store->budgetBytes(), max);
    governor.resized(fixed.get());
  }
  governor.resized(nullptr);
  EXPECT_EQ(store->budgetChanges, changes);
  EXPECT_EQ(fixed->budgetChanges, 0);
}

TEST(StoreHandle, ResizesUnderAHeldLevel) {
  const auto runtime = std::make_shared<Runtime>();
  // A machine that is never full.
  runtime->governor().configure(GovernorTest::byHand(), inputsOf(std::make_shared<FakeMachine>()));
  SharedStoreOptions options;
  options.store.maxBytes = 256 * kMiB;
  OpenError error;
  const StoreHandle store = runtime->open(options, error);
  ASSERT_TRUE(store) << error.sentence;
  EXPECT_FALSE(store.resize(0));
  EXPECT_TRUE(store.resize(128 * kMiB));
  EXPECT_EQ(store.memory().budgetBytes(), 128 * kMiB);
  store.holdPressure(PressureLevel::kHigh);
  for (const uint64_t max : {16 * kMiB, 1024 * kMiB}) {
    EXPECT_TRUE(store.resize(max));
    EXPECT_EQ(store.memory().maxBytes(), max);
    EXPECT_EQ(store.memory().budgetBytes(), max / 2);
  }
  store.holdPressure(PressureLevel::kCritical);
  EXPECT_TRUE(store.resize(16 * kMiB));
  EXPECT_EQ(store.memory().budgetBytes(), store.memory().minBudget());
}

TEST(StoreHandle, HoldsTheHighestLevelOfAllWhoShareTheStore) {
  const auto runtime = std::make_shared<Runtime>();
  runtime->governor().configure(GovernorTest::byHand(), inputsOf(std::make_shared<FakeMachine>()));
  SharedStoreOptions options;
  options.store.maxBytes = 128 * kMiB;
  options.name = "shared";
  OpenError error;
  const StoreHandle one = runtime->open(options, error);
  StoreHandle two = runtime->open(options, error);
  const auto level = [&] { return one.heldLevel(); };
  one.holdPressure(PressureLevel::kHigh);
  EXPECT_EQ(one.memory().budgetBytes(), 64 * kMiB);
  two.holdPressure(PressureLevel::kElevated);
  two.holdPressure(PressureLevel::kNormal);
  EXPECT_EQ(level(), PressureLevel::kHigh);
  two.holdPressure(PressureLevel::kElevated);
  one.holdPressure(PressureLevel::kNormal);
  EXPECT_EQ(level(), PressureLevel::kElevated);
  StoreHandle three = std::move(two);
  EXPECT_EQ(level(), PressureLevel::kElevated);
  three.close();
  EXPECT_EQ(level(), PressureLevel::kNormal);
}

}  // namespace
}  // namespace ebbcache::testing
