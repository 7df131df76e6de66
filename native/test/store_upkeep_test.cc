// The memory that maintain() gives back, and the memory that it keeps.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "heap_faults.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kSlabBytes = 2 * kMiB;
constexpr uint64_t kUpkeepBudget = 64 * kMiB;

class StoreUpkeep : public ::testing::TestWithParam<Policy> {
 protected:
  StoreUpkeep() {
    store_ = open([](uint64_t) { return true; });
  }

  std::unique_ptr<Store> open(std::function<bool(uint64_t)> mayGrow) {
    StoreOptions options;
    options.maxBytes = kUpkeepBudget;
    options.policy = GetParam();
    StoreEnvironment environment = testEnvironment(memory_);
    environment.mayGrow = std::move(mayGrow);
    return Store::open(options, environment);
  }

  static std::string valueOf(uint64_t i) {
    return std::string(150 + i % 300, static_cast<char>('a' + i % 26));
  }
  /// Fills two thirds of the budget.
  void fill() {
    for (uint64_t i = 0; i < kEntries; ++i) {
      ASSERT_EQ(store_->put(keyOf(i), valueOf(i)), PutResult::kStored);
    }
    ASSERT_EQ(store_->stats().evictions, 0U);
    ASSERT_GT(store_->heldBytes(), kUpkeepBudget / 2);
  }

  /// Maintains to the end, once the store has been unused for a while.
  void maintainQuiet() {
    finish();
    fakeNow() += 1000;
    finish();
  }
  void finish() {
    while (store_->maintain() == MaintainResult::kMore) {
    }
  }

  /// Expects live bytes, without headers, to be at least two thirds of the held bytes, apart from
  /// two slabs and the tables.
  void expectHeldIsNearWhatIsLive() {
    const StoreStats stats = store_->stats();
    EXPECT_LE(stats.heldBytes, stats.payloadBytes * 3 / 2 + 2 * kSlabBytes + kMiB);
    EXPECT_EQ(stats.heldBytes, memory_.mapped);
  }

  static constexpr uint64_t kEntries = 130'000;
  TestMemory memory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreUpkeep, GivesBackWhatRemovalsLeft) {
  fill();
  for (uint64_t i = 0; i < kEntries; ++i) ASSERT_TRUE(store_->remove(keyOf(i)));
  ASSERT_GT(store_->heldBytes(), kUpkeepBudget / 2) << "or this tests nothing";
  maintainQuiet();
  expectHeldIsNearWhatIsLive();
  EXPECT_EQ(store_->maintain(), MaintainResult::kIdle);
  fill();
  for (uint64_t i = 0; i < kEntries; ++i) ASSERT_EQ(getString(*store_, keyOf(i)), valueOf(i));
}

TEST_P(StoreUpkeep, MovesTogetherWhatRandomRemovalsLeft) {
  fill();
  SeededRandom random(7);
  std::vector<bool> removed(kEntries);
  for (uint64_t i = 0; i < kEntries; ++i) {
    removed[i] = !random.oneIn(10);
    if (removed[i]) store_->remove(keyOf(i));
  }
  maintainQuiet();
  expectHeldIsNearWhatIsLive();
  for (uint64_t i = 0; i < kEntries; ++i) {
    const auto expected = removed[i] ? std::nullopt : std::optional(valueOf(i));
    ASSERT_EQ(getString(*store_, keyOf(i)), expected) << i;
  }
  EXPECT_EQ(store_->maintain(), MaintainResult::kIdle);
  const uint64_t held = store_->heldBytes();
  for (uint64_t i = 0; i < kEntries; i += 20) store_->remove(keyOf(i));
  maintainQuiet();
  EXPECT_GT(store_->heldBytes() + kSlabBytes, held)
      << "a few removals more are no reason to move all again";
}

TEST_P(StoreUpkeep, GoesOnWhilePutsOpenTheSlabsThatItEmpties) {
  fill();
  for (uint64_t i = 0; i < kEntries; ++i) {
    if (i % 10 != 0) store_->remove(keyOf(i));
  }
  finish();
  fakeNow() += 1000;
  for (uint64_t i = 0; i < 20'000; ++i) {
    const uint64_t number = i % 1000;
    ASSERT_EQ(store_->put("other-" + keyOf(number), valueOf(number)), PutResult::kStored);
    if (i % 100 == 0) (void)store_->maintain();
  }
  maintainQuiet();
  expectHeldIsNearWhatIsLive();
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(getString(*store_, "other-" + keyOf(i)), valueOf(i));
  }
  for (uint64_t i = 0; i < kEntries; i += 10) {
    ASSERT_EQ(getString(*store_, keyOf(i)), valueOf(i));
  }
}

TEST_P(StoreUpkeep, KeepsTheTimesToLiveOfWhatItMoves) {
  PutOptions options;
  options.ttlMs = 60'000;
  for (uint64_t i = 0; i < kEntries; ++i) store_->put(keyOf(i), valueOf(i), options);
  for (uint64_t i = 0; i < kEntries; ++i) {
    if (i % 10 != 0) store_->remove(keyOf(i));
  }
  maintainQuiet();
  EXPECT_EQ(store_->stats().entries, kEntries / 10);
  fakeNow() += 60'000;
  finish();
  EXPECT_EQ(store_->stats().entries, 0U);
  EXPECT_EQ(store_->stats().expirations, kEntries / 10);
}

TEST_P(StoreUpkeep, GivesBackWhatExpiredAtOnce) {
  PutOptions options;
  options.ttlMs = 100;
  for (uint64_t i = 0; i < kEntries; ++i) store_->put(keyOf(i), valueOf(i), options);
  fakeNow() += 100;
  finish();
  EXPECT_EQ(store_->stats().entries, 0U);
  EXPECT_EQ(store_->stats().expirations, kEntries);
  EXPECT_LE(store_->heldBytes(), kSlabBytes + 2 * kMiB) << "a slab, and the tables";
}

TEST_P(StoreUpkeep, TakesNothingFromAStoreThatIsFilledAgain) {
  fill();
  finish();
  for (uint64_t i = 0; i < kEntries; ++i) store_->remove(keyOf(i));
  fakeNow() += 500;
  const uint64_t requests = memory_.requests;
  finish();
  fill();
  EXPECT_LE(memory_.requests - requests, 4U) << "chunks of the index at most";
}

TEST_P(StoreUpkeep, TakesNothingFromAFullStore) {
  uint64_t next = 0;
  const auto putSome = [&](uint64_t count) {
    for (uint64_t i = 0; i < count; ++i, ++next) store_->put(keyOf(next), valueOf(next));
  };
  putSome(3 * kEntries);
  ASSERT_GT(store_->stats().evictions, 0U);
  const uint64_t requests = memory_.requests;
  const uint64_t held = store_->heldBytes();
  for (int i = 0; i < 50; ++i) {
    putSome(2000);
    fakeNow() += 1000;
    finish();
    ASSERT_GE(store_->heldBytes() + kMiB, held);
  }
  EXPECT_LE(memory_.requests - requests, 4U) << "chunks of the index at most";
}

TEST_P(StoreUpkeep, DoesNotWaitForAPut) {
  MaintainResult during = MaintainResult::kIdle;
  store_ = open([&](uint64_t) {
    TestThread([&] { during = store_->maintain(false); }).join();
    return true;
  });
  EXPECT_EQ(store_->put("key", "value"), PutResult::kStored);
  EXPECT_EQ(during, MaintainResult::kBusy);
  EXPECT_NE(store_->maintain(false), MaintainResult::kBusy);
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreUpkeep, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
