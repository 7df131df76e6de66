#include "store/store.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "heap_faults.h"
#include "seeded_random.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

TEST(Store, ReturnsWhatWasPut) {
  const auto store = openStore(kMiB);
  EXPECT_EQ(store->put("a", "one"), PutResult::kStored);
  EXPECT_EQ(store->put("b", ""), PutResult::kStored);
  EXPECT_EQ(getString(*store, "a"), "one");
  EXPECT_EQ(getString(*store, "b"), "");
  EXPECT_EQ(getString(*store, "c"), std::nullopt);
  EXPECT_EQ(store->stats().hits, 2U);
  EXPECT_EQ(store->stats().misses, 1U);
  EXPECT_EQ(store->stats().payloadBytes, 5U);
}

TEST(Store, OverwritesAndRemoves) {
  const auto store = openStore(kMiB);
  store->put("a", "one");
  store->put("a", "a longer one");
  EXPECT_EQ(getString(*store, "a"), "a longer one");
  EXPECT_EQ(store->stats().entries, 1U);
  EXPECT_TRUE(store->remove("a"));
  EXPECT_FALSE(store->remove("a"));
  EXPECT_FALSE(store->has("a"));
  EXPECT_EQ(store->stats().payloadBytes, 0U);
}

TEST(Store, SaysHowLargeTheBufferMustBeWithoutCounting) {
  const auto store = openStore(kMiB);
  store->put("a", std::string(100, 'x'));
  char small[10];
  uint64_t bytes = 0;
  EXPECT_EQ(store->get("a", small, sizeof small, bytes), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, 100U);
  EXPECT_EQ(store->stats().hits, 0U);
}

TEST(Store, GetsAValueThatBeginsAsAsked) {
  const auto store = openStore(kMiB);
  store->put("a", "one: 1");
  char out[10];
  uint64_t bytes = 0;
  EXPECT_EQ(store->getPrefixed("a", "one: ", out, sizeof out, bytes), ReadResult::kHit);
  EXPECT_EQ(std::string(out, bytes), "one: 1");
  EXPECT_EQ(store->getPrefixed("a", "one: ", out, 3, bytes), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, 6U);
  EXPECT_EQ(store->getPrefixed("b", "one: ", out, sizeof out, bytes), ReadResult::kMiss);
  EXPECT_EQ(store->stats().hits, 1U);
  EXPECT_EQ(store->stats().misses, 1U);
}

TEST(Store, RemovesAValueThatBeginsOtherwiseAsAMiss) {
  const auto store = openStore(kMiB);
  char out[10];
  uint64_t bytes = 0;
  for (const char* const value : {"two: 1", "one:", ""}) {
    store->put("a", value);
    EXPECT_EQ(store->getPrefixed("a", "one: ", out, sizeof out, bytes), ReadResult::kMiss);
    EXPECT_FALSE(store->has("a")) << value;
  }
  EXPECT_EQ(store->stats().hits, 0U);
  EXPECT_EQ(store->stats().misses, 3U);
  EXPECT_EQ(store->stats().entries, 0U);
}

TEST(Store, RefusesWhatCannotFitAndLosesNothing) {
  const auto store = openStore(kMiB);
  store->put("a", "one");
  EXPECT_EQ(store->put("b", std::string(2 * kMiB, 'x')), PutResult::kTooLarge);
  EXPECT_EQ(store->put("a", std::string(2 * kMiB, 'x')), PutResult::kTooLarge);
  EXPECT_EQ(store->put("", "x"), PutResult::kTooLarge);
  EXPECT_EQ(store->put(std::string(kMaxKeyBytes + 1, 'k'), "x"), PutResult::kTooLarge);
  EXPECT_EQ(getString(*store, "a"), "one");
  EXPECT_EQ(store->stats().rejections, 4U);
}

TEST(Store, TakesTheLongestKey) {
  const auto store = openStore(kMiB);
  const std::string key(kMaxKeyBytes, 'k');
  EXPECT_EQ(store->put(key, "x"), PutResult::kStored);
  EXPECT_EQ(getString(*store, key), "x");
}

TEST(Store, RefusesBudgetsOutOfRange) {
  EXPECT_EQ(openStore(kMinBudgetBytes - 1), nullptr);
  EXPECT_EQ(openStore(kMaxBudgetBytes + 1), nullptr);
  EXPECT_NE(openStore(kMinBudgetBytes), nullptr);
  EXPECT_NE(openStore(kMaxBudgetBytes), nullptr);
}

TEST(Store, EvictsTheLeastRecentlyUsedByCount) {
  const auto store = openStore(kMiB, Policy::kLru, 3);
  store->put("a", "1");
  store->put("b", "2");
  store->put("c", "3");
  getString(*store, "a");
  store->put("d", "4");
  EXPECT_FALSE(store->has("b"));
  EXPECT_TRUE(store->has("a"));
  EXPECT_TRUE(store->has("c"));
  store->put("c", "again");
  EXPECT_EQ(store->stats().entries, 3U);
  EXPECT_EQ(store->stats().evictions, 1U);
}

TEST(Store, SaysWhichValuesNoPutTakes) {
  for (const uint64_t budget : {kMinBudgetBytes, 256 * kKiB, kMiB, 16 * kMiB}) {
    const auto store = openStore(budget);
    const uint64_t empty = store->largestValue();
    EXPECT_LT(empty, budget);
    EXPECT_GT(empty, budget / 4) << budget;
    EXPECT_EQ(store->put("k", std::string(empty + 1, 'x')), PutResult::kTooLarge);
    EXPECT_EQ(store->put("k", std::string(empty / 2, 'x')), PutResult::kStored) << budget;
    EXPECT_EQ(store->put("k", std::string(store->largestValue() + 1, 'x')), PutResult::kTooLarge);
    store->setBudget(store->budgetBytes(), store->minBudget());
    EXPECT_EQ(store->put("k", std::string(store->largestValue() + 1, 'x')), PutResult::kTooLarge);
    EXPECT_EQ(store->stats().rejections, 3U);
    EXPECT_EQ(store->refuse(), PutResult::kTooLarge);
    EXPECT_EQ(store->stats().rejections, 4U);
    EXPECT_TRUE(store->has("k") || store->stats().evictions > 0);
  }
}

class StoreBudget : public ::testing::TestWithParam<std::tuple<uint64_t, uint64_t>> {};

TEST_P(StoreBudget, IsNeverPassedAndIsUsed) {
  const auto [budget, valueBytes] = GetParam();
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = budget;
  const auto store = Store::open(options, testEnvironment(memory));
  const std::string value(valueBytes, 'v');
  const uint64_t puts = 2 * budget / (valueBytes + 40) + 10;
  for (uint64_t i = 0; i < puts; ++i) {
    ASSERT_EQ(store->put(keyOf(i), value), PutResult::kStored) << i;
    ASSERT_LE(memory.mapped, budget);
    ASSERT_TRUE(store->has(keyOf(i)));
  }
  const StoreStats stats = store->stats();
  EXPECT_EQ(stats.heldBytes, memory.mapped);
  EXPECT_GT(stats.evictions, 0U);
  // The last entries put are there, without a gap, and no others.
  for (uint64_t i = puts - stats.entries; i < puts; ++i) EXPECT_TRUE(store->has(keyOf(i))) << i;
  EXPECT_GE(stats.payloadBytes, budget / 2) << "the budget is used";
}

INSTANTIATE_TEST_SUITE_P(Sizes, StoreBudget,
                         ::testing::Combine(::testing::Values(256 * kKiB, kMiB, 16 * kMiB,
                                                              64 * kMiB),
                                            ::testing::Values(100, 600, 5000, 30000)));

TEST(Store, UsesNearlyTheWholeBudget) {
  const auto store = openStore(64 * kMiB);
  const std::string value(600, 'v');
  for (uint64_t i = 0; i < 200000; ++i) store->put(keyOf(i), value);
  const StoreStats stats = store->stats();
  EXPECT_LE(stats.heldBytes, stats.budgetBytes);
  EXPECT_GE(static_cast<double>(stats.payloadBytes), 0.85 * 64 * kMiB);
}

TEST(Store, HoldsLittleMoreThanWhatLivesWhenEntriesAreFew) {
  const auto store = openStore(64 * kMiB, Policy::kLru, 1000);
  for (uint64_t i = 0; i < 200000; ++i) {
    store->put(keyOf(i), std::string(600, 'v'));
    if (i % 3 == 0) store->put(keyOf(i / 2), std::string(500, 'w'));
  }
  EXPECT_EQ(store->stats().entries, 1000U);
  // The bound covers the live entries, a slab that is being filled, one of slack, and the tables.
  EXPECT_LE(store->heldBytes(), 1000 * 660 * 8 / 7 + 3 * 2 * kMiB);
}

TEST(Store, HoldsAValueOfAlmostTheWholeBudget) {
  const auto store = openStore(8 * kMiB);
  for (uint64_t i = 0; i < 20000; ++i) store->put(keyOf(i), std::string(600, 'v'));
  const std::string large(7 * kMiB, 'L');
  EXPECT_EQ(store->put("large", large), PutResult::kStored);
  EXPECT_EQ(getString(*store, "large"), large);
  EXPECT_EQ(store->put("small", "s"), PutResult::kStored);
  EXPECT_EQ(getString(*store, "small"), "s");
  EXPECT_LE(store->heldBytes(), 8 * kMiB);
}

TEST(Store, ExpiresOnReadAndByItself) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = kMiB;
  options.defaultTtlMs = 100;
  const auto store = Store::open(options, testEnvironment(memory));
  PutOptions longer;
  longer.ttlMs = 5000;
  store->put("short", "1");
  store->put("other", "2");
  store->put("long", "3", longer);
  fakeNow() += 99;
  EXPECT_TRUE(store->has("short"));
  fakeNow() += 1;
  EXPECT_EQ(getString(*store, "short"), std::nullopt);
  EXPECT_EQ(store->stats().entries, 2U);
  maintainToTheEnd(*store);
  EXPECT_EQ(store->stats().entries, 1U) << "without a read";
  EXPECT_EQ(store->stats().expirations, 2U);
  EXPECT_EQ(getString(*store, "long"), "3");
  fakeNow() += 5000;
  maintainToTheEnd(*store);
  EXPECT_EQ(store->stats().entries, 0U);
  EXPECT_EQ(store->stats().payloadBytes, 0U);
}

TEST(Store, ReleasesMemoryByShrinkResizeAndClear) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 32 * kMiB;
  const auto store = Store::open(options, testEnvironment(memory));
  const std::string value(600, 'v');
  for (uint64_t i = 0; i < 60000; ++i) store->put(keyOf(i), value);
  // Reads in another order leave holes in every slab.
  for (uint64_t i = 59999; i > 20000; i -= 7) getString(*store, keyOf(i));

  const uint64_t held = memory.mapped;
  const uint64_t released = store->shrink(8 * kMiB);
  EXPECT_GE(released, 8 * kMiB);
  EXPECT_EQ(held - memory.mapped, released);
  EXPECT_EQ(store->budgetBytes(), 32 * kMiB) << "the budget stays";

  EXPECT_TRUE(store->resize(4 * kMiB));
  EXPECT_LE(memory.mapped, 4 * kMiB);
  EXPECT_GT(store->stats().entries, 2000U);
  EXPECT_TRUE(store->has(keyOf(20001))) << "read last";

  EXPECT_TRUE(store->resize(128 * kMiB));
  for (uint64_t i = 0; i < 150000; ++i) ASSERT_EQ(store->put(keyOf(i), value), PutResult::kStored);
  EXPECT_GT(memory.mapped, 90 * kMiB);
  EXPECT_LE(memory.mapped, 128 * kMiB);
  EXPECT_FALSE(store->resize(1));

  store->clear();
  EXPECT_EQ(store->stats().entries, 0U);
  EXPECT_LE(memory.mapped, 2 * kMiB) << "but for the tables";
  EXPECT_EQ(store->put("a", "one"), PutResult::kStored);
  EXPECT_EQ(getString(*store, "a"), "one");
}

TEST(Store, UsesWhatPressureLeavesForSmallEntriesToo) {
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const auto store = openStore(64 * kMiB, policy);
    // They must fill more than is left under pressure, also where each put takes longer.
    const uint64_t puts = kSanitized ? 300'000 : 1'000'000;
    for (uint64_t i = 0; i < puts; ++i) store->put(keyOf(i), std::string(30, 'v'));
    setPressureBudget(*store, 16 * kMiB);
    const StoreStats stats = store->stats();
    EXPECT_GT(stats.heldBytes, 11 * kMiB);
    EXPECT_GT(stats.payloadBytes, 5 * kMiB);
  }
}

TEST(Store, MakesRoomForAMediumValueWithoutLosingManyOthers) {
  const auto store = openStore(64 * kMiB);
  for (uint64_t i = 0; i < 100000; ++i) store->put(keyOf(i), std::string(600, 'v'));
  // The removals are spread over all slabs.
  for (uint64_t i = 0; i < 100000; ++i) {
    store->put(keyOf(i * 7919 % 100000), std::string(500 + i % 200, 'w'));
  }
  const uint64_t entries = store->stats().entries;
  ASSERT_EQ(store->put("medium", std::string(500 * kKiB, 'M')), PutResult::kStored);
  EXPECT_GT(store->stats().entries, entries - entries / 30);
}

TEST(Store, WorksAfterAShrinkToNothing) {
  const auto store = openStore(4 * kMiB, Policy::kS3Fifo);
  for (uint64_t i = 0; i < 10000; ++i) store->put(keyOf(i), std::string(300, 'v'));
  store->shrink(UINT64_MAX);
  EXPECT_EQ(store->stats().entries, 0U);
  EXPECT_EQ(store->put("a", "one"), PutResult::kStored);
}

TEST(Store, TakesASmallerBudgetAndALargerOneAgain) {
  const auto store = openStore(16 * kMiB);
  for (uint64_t i = 0; i < 40000; ++i) store->put(keyOf(i), std::string(600, 'v'));
  EXPECT_GT(setPressureBudget(*store, 4 * kMiB), 8 * kMiB);
  StoreStats stats = store->stats();
  EXPECT_LE(stats.heldBytes, 4 * kMiB);
  EXPECT_EQ(stats.budgetBytes, 4 * kMiB);
  EXPECT_GT(stats.pressureEvictions, 0U);
  EXPECT_TRUE(store->has(keyOf(39999)));
  EXPECT_EQ(setPressureBudget(*store, UINT64_MAX), 0U);
  EXPECT_EQ(store->budgetBytes(), 16 * kMiB);
  setPressureBudget(*store, 0);
  EXPECT_EQ(store->put("a", "one"), PutResult::kStored) << "the floor still holds an entry";
}

TEST(Store, TrimsItsPayload) {
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const auto store = openStore(64 * kMiB, policy);
    for (uint64_t i = 0; i < 40000; ++i) store->put(keyOf(i), std::string(600, 'v'));
    const StoreStats full = store->stats();
    const auto [released, evictions, lowered] = store->trimPayload(full.payloadBytes / 2);
    StoreStats half = store->stats();
    EXPECT_EQ(released, full.heldBytes - half.heldBytes);
    EXPECT_LE(half.payloadBytes, full.payloadBytes / 2);
    EXPECT_GT(half.payloadBytes, full.payloadBytes / 2 - 1000);
    EXPECT_LT(half.heldBytes, full.heldBytes * 55 / 100);
    EXPECT_EQ(half.budgetBytes, 64 * kMiB);
    EXPECT_EQ(half.pressureEvictions, half.evictions);
    EXPECT_EQ(evictions, half.evictions);
    EXPECT_FALSE(lowered);
    EXPECT_EQ(half.entries + half.evictions, 40000U);
    EXPECT_TRUE(store->has(keyOf(39999)));
    store->trimPayload(UINT64_MAX);
    EXPECT_EQ(store->stats().entries, half.entries);
    store->trimPayload(0);
    EXPECT_EQ(store->stats().entries, 0U);
    EXPECT_EQ(store->put("a", "one"), PutResult::kStored);
  }
}

TEST(Store, StaysWithinWhatItHoldsWhenItMayNotGrow) {
  TestMemory memory;
  StoreEnvironment environment = testEnvironment(memory);
  environment.mayGrow = [&memory](uint64_t bytes) { return memory.mapped + bytes <= 3 * kMiB; };
  StoreOptions options;
  options.maxBytes = 16 * kMiB;
  const auto store = Store::open(options, environment);
  for (uint64_t i = 0; i < 40000; ++i) {
    ASSERT_EQ(store->put(keyOf(i), std::string(600, 'v')), PutResult::kStored);
    ASSERT_TRUE(store->has(keyOf(i)));
  }
  EXPECT_LE(memory.mapped, 3 * kMiB + 256 * kKiB);
  EXPECT_GT(store->stats().evictions, 0U);
  EXPECT_EQ(store->put("large", std::string(kMiB, 'L')), PutResult::kStored);
  EXPECT_LE(memory.mapped, 3 * kMiB + 256 * kKiB);
}

/// Puts entries of mixed sizes, and checks that refused ones are not there and stored ones are.
void fillMixed(Store& store) {
  for (uint64_t i = 0; i < 2000; ++i) {
    const std::string value(i % 50 == 0 ? 20000 : 300, 'v');
    const bool stored = store.put(keyOf(i), value) == PutResult::kStored;
    ASSERT_EQ(store.has(keyOf(i)), stored) << i;
  }
}

class StoreRefusal : public ::testing::TestWithParam<Policy> {};

TEST_P(StoreRefusal, IsARefusedPutAndACounterAtAnyRequest) {
  StoreOptions options;
  options.maxBytes = 512 * kKiB;
  options.policy = GetParam();
  uint64_t requests = 0;
  {
    TestMemory memory;
    const auto store = Store::open(options, testEnvironment(memory));
    fillMixed(*store);
    requests = memory.requests;
  }
  ASSERT_GT(requests, 40U);
  for (uint64_t refused = 1; refused <= requests; ++refused) {
    TestMemory memory;
    memory.refuseFrom = refused;
    memory.refuseUntil = refused + 1;
    const auto store = Store::open(options, testEnvironment(memory));
    if (store == nullptr) {
      EXPECT_EQ(memory.mapped, 0U);
      continue;
    }
    fillMixed(*store);
    // The number of requests depends on the seed of the hash, by one or two.
    EXPECT_EQ(memory.refused, refused + 8 < requests ? 1U : memory.refused.load()) << refused;
    EXPECT_EQ(store->stats().memoryRefusals, memory.refused) << refused;
    const uint64_t entries = store->stats().entries;
    EXPECT_GT(entries, 100U);
    // All further requests are refused: entries can be replaced one for one.
    memory.refuseAll = true;
    for (uint64_t i = 0; i < 100; ++i) store->put(keyOf(i), std::string(300, 'w'));
    EXPECT_GT(store->stats().entries, entries / 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreRefusal, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

/// Opens a store that may grow as long as `mayGrow` is true.
std::unique_ptr<Store> openThatAsks(uint64_t maxBytes, TestMemory& memory, const bool& mayGrow) {
  StoreEnvironment environment = testEnvironment(memory);
  environment.mayGrow = [&mayGrow](uint64_t) { return mayGrow; };
  StoreOptions options;
  options.maxBytes = maxBytes;
  return Store::open(options, environment);
}

TEST(Store, ReplacesWhatItHoldsWhenItMayNotGrow) {
  TestMemory memory;
  bool mayGrow = true;
  const auto store = openThatAsks(16 * kMiB, memory, mayGrow);
  for (uint64_t i = 0; i < 10; ++i) store->put(keyOf(i), std::string(kMiB, 'L'));
  mayGrow = false;
  const uint64_t held = memory.mapped;
  // Large entries are evicted for small ones one by one, not all at once.
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(store->put("small-" + std::to_string(i), std::string(600, 's')), PutResult::kStored);
    ASSERT_LE(memory.mapped, held);
  }
  EXPECT_TRUE(store->has(keyOf(9)));
  EXPECT_EQ(store->put("large", std::string(3 * kMiB, 'L')), PutResult::kStored);
  EXPECT_LE(memory.mapped, held);
  EXPECT_TRUE(store->has("small-999"));
}

TEST(Store, LosesNoMoreThanASlabToLargeValuesWhenItMayNotGrow) {
  TestMemory memory;
  bool mayGrow = true;
  const auto store = openThatAsks(64 * kMiB, memory, mayGrow);
  const std::string small(600, 's');
  for (uint64_t i = 0; memory.mapped < 32 * kMiB; ++i) store->put(keyOf(i), small);
  mayGrow = false;
  const uint64_t held = memory.mapped;
  // Each entry takes half of what a slab gives back.
  for (uint64_t i = 0; i < 20; ++i) {
    ASSERT_EQ(store->put("large-" + std::to_string(i), std::string(kMiB, 'L')), PutResult::kStored);
    EXPECT_LE(memory.mapped, held);
    EXPECT_GE(memory.mapped + 3 * kMiB, held);
  }
  // The store must ask before it takes again what it gave back on demand.
  store->shrink(16 * kMiB);
  const uint64_t heldThen = memory.mapped;
  for (uint64_t i = 20; i < 40; ++i) {
    store->put("large-" + std::to_string(i), std::string(kMiB, 'L'));
    EXPECT_LE(memory.mapped, heldThen);
  }
}

TEST(Store, VisitsEachKeyOnceWhileTheIndexChanges) {
  const auto store = openStore(64 * kMiB);
  constexpr uint64_t kStable = 20000;
  for (uint64_t i = 0; i < kStable; ++i) store->put(keyOf(i), "v");
  std::multiset<std::string> seen;
  uint64_t cursor = 0;
  uint64_t extra = kStable;
  uint64_t steps = 0;
  do {
    cursor = store->scan(cursor, [&](std::string_view key) { seen.insert(std::string(key)); });
    ++steps;
    // The index first grows and then shrinks during the scan.
    if (steps < 8000) {
      for (int n = 0; n < 4; ++n) store->put(keyOf(extra++), "v");
    } else if (extra > kStable) {
      store->remove(keyOf(--extra));
      if (steps % 500 == 0) store->shrink(1);
    }
  } while (cursor != 0);
  for (uint64_t i = 0; i < kStable; ++i) {
    if (!store->has(keyOf(i))) continue;
    ASSERT_EQ(seen.count(keyOf(i)), 1U) << i;
  }
}

TEST(Store, ServesManyThreads) {
  const auto store = openStore(2 * kMiB, Policy::kS3Fifo);
  std::vector<TestThread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (uint64_t i = 0; i < 5000; ++i) {
        const std::string key = keyOf((i * 7 + static_cast<uint64_t>(t)) % 3000);
        const std::string value = key + ":" + std::string(i % 900, 'v');
        store->put(key, value);
        const auto found = getString(*store, key);
        EXPECT_TRUE(!found || found->substr(0, key.size() + 1) == key + ":");
        if (i % 500 == 0) store->shrink(200 * kKiB);
        if (i % 700 == 0) store->maintain();
        if (i % 100 == 0) store->remove(key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(store->heldBytes(), 2 * kMiB);
}

}  // namespace
}  // namespace ebbcache::test
