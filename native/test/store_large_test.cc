// A store of gigabytes, and the bytes of an entry beyond its key and value.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kGiB = 1024 * kMiB;

/// Returns the available bytes of /proc/meminfo; 0 where there is none.
uint64_t availableBytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    unsigned long long kib = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %llu kB", &kib) == 1) return kib * kKiB;
  }
  return 0;
}

class StoreLarge : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "A store of gigabytes takes too long under a sanitizer.";
    if (availableBytes() < 6 * kGiB) {
      GTEST_SKIP() << "A store of gigabytes needs a machine with 6 GiB of available memory.";
    }
  }

  static double overheadPerEntry(const Store& store) {
    const StoreStats stats = store.stats();
    return static_cast<double>(stats.heldBytes - stats.payloadBytes) /
           static_cast<double>(stats.entries);
  }
};

TEST_F(StoreLarge, HoldsMillionsOfSmallEntries) {
  constexpr uint64_t kEntries = 2000000;
  const auto store = openStore(2 * kGiB);
  std::string value;
  uint64_t payload = 0;
  for (uint64_t i = 0; i < kEntries; ++i) {
    VersionedValue(i, 1).write(value, 20 + i % 40);
    ASSERT_EQ(store->put(keyOf(i), value), PutResult::kStored) << i;
    payload += keyOf(i).size() + value.size();
  }
  StoreStats stats = store->stats();
  EXPECT_EQ(stats.entries, kEntries);
  EXPECT_EQ(stats.payloadBytes, payload);
  EXPECT_EQ(stats.evictions, 0U);
  EXPECT_LE(stats.heldBytes, stats.budgetBytes);
  uint64_t visited = 0;
  uint64_t cursor = 0;
  do {
    cursor = store->scan(cursor, [&visited](std::string_view) { ++visited; });
  } while (cursor != 0);
  EXPECT_EQ(visited, kEntries);
  ValueReader reader;
  for (uint64_t i = 0; i < kEntries; i += 23) {
    ASSERT_TRUE(reader.get(*store, keyOf(i))) << i;
    ASSERT_TRUE(VersionedValue(i, 1).matches(reader.value())) << i;
  }
  // The entries that were just read outlive the others.
  ASSERT_TRUE(store->resize(128 * kMiB));
  stats = store->stats();
  EXPECT_LE(stats.heldBytes, 128 * kMiB);
  EXPECT_GT(stats.entries, kEntries / 23);
  for (uint64_t i = 0; i < kEntries; i += 23 * 11) ASSERT_TRUE(store->has(keyOf(i))) << i;
}

class StoreOverhead : public StoreLarge,
                      public testing::WithParamInterface<std::tuple<Policy, uint64_t, uint64_t>> {};

TEST_P(StoreOverhead, IsAtMost32BytesAnEntry) {
  const auto [policy, entries, valueBytes] = GetParam();
  const auto store = openStore(2 * kGiB, policy);
  const std::string value(valueBytes, 'v');
  for (uint64_t i = 0; i < entries; ++i) store->put(keyOf(i), value);
  ASSERT_EQ(store->stats().entries, entries);
  RecordProperty("overheadPerEntry", std::to_string(overheadPerEntry(*store)));
  EXPECT_LE(overheadPerEntry(*store), 32.0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, StoreOverhead,
                         ::testing::Values(std::tuple{Policy::kLru, 1000000, 600},
                                           std::tuple{Policy::kLru, 4000000, 30},
                                           std::tuple{Policy::kS3Fifo, 1000000, 600}));

class StoreUtilisation : public ::testing::TestWithParam<uint64_t> {};

TEST_P(StoreUtilisation, Is85PercentAfterRandomOverwrites) {
  const uint64_t maxBytes = GetParam();
  if (kSanitized && maxBytes > 16 * kMiB) GTEST_SKIP() << "It takes too long under a sanitizer.";
  const auto store = openStore(maxBytes);
  // There are half as many again as fit, so that the store overwrites and evicts.
  const uint64_t keys = maxBytes / 600 * 3 / 2;
  SeededRandom random(maxBytes);
  const std::string value(600, 'v');
  for (uint64_t i = 0; i < 2 * keys; ++i) {
    ASSERT_EQ(store->put(keyOf(random.below(keys)), value), PutResult::kStored);
  }
  const StoreStats stats = store->stats();
  EXPECT_GT(stats.evictions, 0U);
  EXPECT_GE(static_cast<double>(stats.payloadBytes), 0.85 * static_cast<double>(maxBytes));
  EXPECT_GE(static_cast<double>(stats.payloadBytes), 0.85 * static_cast<double>(stats.heldBytes));
}

INSTANTIATE_TEST_SUITE_P(Budgets, StoreUtilisation, ::testing::Values(kMiB, 128 * kMiB));

}  // namespace
}  // namespace ebbcache::test
