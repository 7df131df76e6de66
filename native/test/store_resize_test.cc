// Resizes: which entries stay, and within what budget.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

class StoreResize : public ::testing::TestWithParam<Policy> {};

TEST_P(StoreResize, OfAnyFactorKeepsTheNewestAndTheBudget) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 64 * kKiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  uint64_t next = 0;
  const auto fill = [&](uint64_t puts) {
    for (uint64_t i = 0; i < puts; ++i, ++next) {
      ASSERT_EQ(store->put(keyOf(next), std::string(100 + next % 700, 'v')), PutResult::kStored);
    }
  };
  fill(200);
  const uint64_t sizes[] = {16 * 1024 * kMiB, 64 * kKiB,  kMiB,      kMiB * 2, 300 * kMiB,
                            20 * kMiB,        300 * kKiB, 64 * kMiB, kMiB};
  for (const uint64_t size : sizes) {
    const uint64_t entriesBefore = store->stats().entries;
    const bool grows = size > store->maxBytes();
    ASSERT_TRUE(store->resize(size)) << size;
    const StoreStats stats = store->stats();
    ASSERT_LE(memory.mapped, size);
    ASSERT_EQ(stats.heldBytes, memory.mapped);
    ASSERT_EQ(stats.budgetBytes, size);
    ASSERT_TRUE(store->has(keyOf(next - 1))) << size;
    ASSERT_TRUE(!grows || stats.entries == entriesBefore) << size;
    fill(size > 64 * kMiB ? 60000 : 5000);
    ASSERT_LE(memory.mapped, size);
    ASSERT_EQ(getString(*store, keyOf(next - 1))->size(), 100 + (next - 1) % 700);
    ASSERT_EQ(store->checkIntegrity(), "") << size;
  }
}

TEST_P(StoreResize, UnderPressureKeepsThePressureBudget) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 32 * kMiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  for (uint64_t i = 0; i < 60000; ++i) store->put(keyOf(i), std::string(600, 'v'));
  setPressureBudget(*store, 12 * kMiB);
  ASSERT_TRUE(store->resize(1024 * kMiB));
  EXPECT_EQ(store->budgetBytes(), 12 * kMiB);
  EXPECT_LE(memory.mapped, 12 * kMiB);
  EXPECT_GT(store->stats().entries, 1000U);
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST_P(StoreResize, ToASmallerSizeThatHoldsAllEntriesEvictsNone) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 2048 * kMiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  for (uint64_t i = 0; i < 3000; ++i) store->put(keyOf(i), std::string(600, 'v'));
  for (const uint64_t size : {64 * kMiB, 32 * kMiB, 8 * kMiB, 4 * kMiB}) {
    ASSERT_TRUE(store->resize(size));
    ASSERT_EQ(store->stats().entries, 3000U) << size;
    ASSERT_EQ(store->checkIntegrity(), "") << size;
  }
}

TEST_P(StoreResize, UnderPressureStillHoldsAnEntry) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = kMiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  setPressureBudget(*store, 0);
  for (const uint64_t size : {2 * kMiB, 16 * kMiB, 256 * kMiB, 64 * kKiB, 64 * kMiB}) {
    ASSERT_TRUE(store->resize(size)) << size;
    ASSERT_EQ(store->put("a", "one"), PutResult::kStored) << size;
    ASSERT_EQ(store->checkIntegrity(), "") << size;
  }
}

TEST_P(StoreResize, OfTheEntriesKeepsTheNewest) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 8 * kMiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  for (uint64_t i = 0; i < 1000; ++i) store->put(keyOf(i), std::string(100, 'v'));
  EXPECT_EQ(store->stats().maxEntries, 0U);
  store->setMaxEntries(1000);
  EXPECT_EQ(store->stats().entries, 1000U);
  store->setMaxEntries(10);
  EXPECT_EQ(store->stats().entries, 10U);
  EXPECT_EQ(store->stats().evictions, 990U);
  EXPECT_EQ(store->maxEntries(), 10U);
  EXPECT_TRUE(store->has(keyOf(999)));
  EXPECT_EQ(store->checkIntegrity(), "");
  store->put("one more", "v");
  // Its value has a mapping of its own.
  store->put("a large one", std::string(kMiB, 'v'));
  EXPECT_EQ(store->stats().entries, 10U);
  store->setMaxEntries(0);
  for (uint64_t i = 0; i < 1000; ++i) store->put(keyOf(i), std::string(100, 'v'));
  EXPECT_GE(store->stats().entries, 1000U);
  EXPECT_EQ(store->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreResize, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
