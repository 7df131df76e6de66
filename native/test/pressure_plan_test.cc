#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "pressure/shrink_plan.h"
#include "seeded_random.h"

namespace ebbcache {
namespace {

StoreUsage storeOf(uint64_t held, uint64_t max, uint64_t min = 0) {
  StoreUsage store;
  store.held = held;
  store.budget = max;
  store.max = max;
  store.min = min;
  return store;
}

uint64_t freed(const std::vector<StoreUsage>& stores) {
  uint64_t sum = 0;
  for (const StoreUsage& store : stores) {
    if (store.held > store.planned) sum += store.held - store.planned;
  }
  return sum;
}

TEST(ShrinkPlan, NothingChangesAtNormalAndUnknown) {
  for (const PressureLevel level : {PressureLevel::kNormal, PressureLevel::kUnknown}) {
    std::vector<StoreUsage> stores{storeOf(900, 1000)};
    planShrink(stores, level, 500);
    EXPECT_EQ(stores[0].planned, 1000U);
  }
}

TEST(ShrinkPlan, LevelsLeaveSharesOfTheMaximum) {
  std::vector<StoreUsage> stores{storeOf(1000, 1000, 100)};
  planShrink(stores, PressureLevel::kElevated, 0);
  EXPECT_EQ(stores[0].planned, 750U);
  planShrink(stores, PressureLevel::kHigh, 0);
  EXPECT_EQ(stores[0].planned, 500U);
  planShrink(stores, PressureLevel::kCritical, 0);
  EXPECT_EQ(stores[0].planned, 100U);
}

TEST(ShrinkPlan, ALevelThatStaysAsksForNothingTwice) {
  std::vector<StoreUsage> stores{storeOf(1000, 1000)};
  planShrink(stores, PressureLevel::kHigh, 0);
  stores[0].held = stores[0].budget = stores[0].planned;
  planShrink(stores, PressureLevel::kHigh, 0);
  EXPECT_EQ(stores[0].planned, 500U);
  // A lower level gives nothing back either.
  planShrink(stores, PressureLevel::kElevated, 0);
  EXPECT_EQ(stores[0].planned, 500U);
}

TEST(ShrinkPlan, TheTargetAsksForMoreThanTheLevel) {
  std::vector<StoreUsage> stores{storeOf(1000, 1000)};
  planShrink(stores, PressureLevel::kElevated, 600);
  EXPECT_EQ(stores[0].planned, 400U);
}

TEST(ShrinkPlan, OnlyHeldBytesCountAsFreed) {
  std::vector<StoreUsage> stores{storeOf(300, 1000)};
  planShrink(stores, PressureLevel::kElevated, 100);
  EXPECT_EQ(stores[0].planned, 200U);
}

TEST(ShrinkPlan, StoresShareInProportionToWhatTheyHold) {
  std::vector<StoreUsage> stores{storeOf(600, 4000), storeOf(300, 4000), storeOf(0, 4000)};
  planShrink(stores, PressureLevel::kElevated, 450);
  EXPECT_EQ(stores[0].planned, 300U);
  EXPECT_EQ(stores[1].planned, 150U);
  EXPECT_EQ(stores[2].planned, 0U);
}

TEST(ShrinkPlan, WhatAFloorKeepsTheOthersGive) {
  std::vector<StoreUsage> stores{storeOf(600, 4000, 500), storeOf(600, 4000)};
  planShrink(stores, PressureLevel::kElevated, 600);
  EXPECT_EQ(stores[0].planned, 500U);
  EXPECT_EQ(stores[1].planned, 100U);
}

TEST(ShrinkPlan, WhatTheLevelTakesCountsForTheTarget) {
  // The level takes 250 of the first; the other 50 of the target come from a share of both.
  std::vector<StoreUsage> stores{storeOf(1000, 1000), storeOf(500, 10000)};
  planShrink(stores, PressureLevel::kElevated, 300);
  EXPECT_EQ(stores[0].planned, 750U);
  EXPECT_EQ(stores[1].planned, 450U);
}

TEST(ShrinkPlan, ATargetOutOfReachStopsAtTheFloors) {
  std::vector<StoreUsage> stores{storeOf(1000, 1000, 200), storeOf(50, 1000, 100)};
  planShrink(stores, PressureLevel::kElevated, 1'000'000);
  EXPECT_EQ(stores[0].planned, 200U);
  EXPECT_EQ(stores[1].planned, 100U);
}

TEST(ShrinkPlan, AFloorAboveTheMaximumIsTheMaximum) {
  std::vector<StoreUsage> stores{storeOf(1000, 1000, 5000)};
  planShrink(stores, PressureLevel::kCritical, 500);
  EXPECT_EQ(stores[0].planned, 1000U);
}

TEST(ShrinkPlan, HoldsItsPromisesForAnyStores) {
  test::SeededRandom random(7);
  const auto upTo = [&](uint64_t bound) { return random.below(bound + 1); };
  for (int round = 0; round < 2000; round++) {
    std::vector<StoreUsage> stores(1 + upTo(4));
    uint64_t reducible = 0;
    for (StoreUsage& store : stores) {
      store.max = upTo(uint64_t{1} << 40);
      store.min = upTo(store.max);
      store.budget = store.min + upTo(store.max - store.min);
      store.held = upTo(store.budget);
      if (store.held > store.min) reducible += store.held - store.min;
    }
    const auto level = static_cast<PressureLevel>(2 + upTo(2));
    const uint64_t target = upTo(uint64_t{1} << 41);
    planShrink(stores, level, target);
    for (const StoreUsage& store : stores) {
      EXPECT_LE(store.planned, store.budget);
      EXPECT_GE(store.planned, store.min);
    }
    EXPECT_GE(freed(stores), std::min(target, reducible));
    EXPECT_LE(freed(stores), reducible);
  }
}

}  // namespace
}  // namespace ebbcache
