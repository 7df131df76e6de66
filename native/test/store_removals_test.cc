// The removals that a store reports: each reason, by each cause.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "heap_faults.h"
#include "removals_fixture.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

std::vector<std::string> keysIn(Store& store) {
  std::vector<std::string> keys;
  uint64_t cursor = 0;
  do {
    cursor = store.scan(cursor, [&](std::string_view key) { keys.emplace_back(key); });
  } while (cursor != 0);
  return keys;
}

class StoreRemovals : public ::testing::TestWithParam<Policy> {
 protected:
  void SetUp() override { open(kMiB, 0); }

  void open(uint64_t maxBytes, uint64_t maxEntries) {
    listener_.reset();
    StoreOptions options;
    options.maxBytes = maxBytes;
    options.maxEntries = maxEntries;
    options.policy = GetParam();
    StoreEnvironment environment = testEnvironment(memory_);
    environment.mayGrow = [this](uint64_t) { return mayGrow_; };
    store_ = Store::open(options, environment);
    listener_ = std::make_unique<RemovalListener>(*store_);
  }

  void put(std::string_view key, uint64_t bytes = 10, uint64_t ttlMs = 0) {
    PutOptions options;
    options.ttlMs = ttlMs;
    ASSERT_EQ(store_->put(key, std::string(bytes, 'v'), options), PutResult::kStored);
  }
  void fill(uint64_t from, uint64_t to, uint64_t bytes) {
    for (uint64_t i = from; i < to; ++i) put(keyOf(i), bytes);
  }
  /// Returns how often each reason was noted.
  std::map<RemovalReason, uint64_t> reasons() {
    std::map<RemovalReason, uint64_t> counts;
    for (const auto& each : listener_->heard()) ++counts[each.second];
    return counts;
  }
  using Counts = std::map<RemovalReason, uint64_t>;

  TestMemory memory_;
  bool mayGrow_ = true;
  std::unique_ptr<Store> store_;
  std::unique_ptr<RemovalListener> listener_;
};

TEST_P(StoreRemovals, AreToldOfDeletedAndReplacedEntries) {
  put("a");
  put("b");
  EXPECT_FALSE(store_->remove("c"));
  EXPECT_EQ(listener_->wakes, 0U);
  put("a");
  EXPECT_TRUE(store_->remove("a"));
  EXPECT_EQ(listener_->wakes, 1U);
  EXPECT_EQ(listener_->heard(), (Noted{{"a", kReplace}, {"a", kDelete}}));
  store_->remove("b", kReplace);
  EXPECT_EQ(listener_->heard(), (Noted{{"b", kReplace}}));
}

TEST_P(StoreRemovals, AreToldOfLargeEntries) {
  put("large", 300 * kKiB);
  put("large", 400 * kKiB);
  EXPECT_EQ(listener_->heard(), (Noted{{"large", kReplace}}));
  put("other", 800 * kKiB);
  EXPECT_EQ(listener_->heard(), (Noted{{"large", kEvict}}));
}

TEST_P(StoreRemovals, AreToldWhoNoticedThatAnEntryExpired) {
  for (const char* key : {"read", "peeked", "put", "asked", "removed", "swept"}) put(key, 10, 100);
  put("kept", 10, 100'000);
  fakeNow() += 2000;
  uint64_t bytes = 0;
  EXPECT_EQ(getString(*store_, "read"), std::nullopt);
  EXPECT_EQ(store_->peek("peeked", nullptr, 0, bytes), ReadResult::kMiss);
  put("put");
  EXPECT_EQ(store_->remainingTtl("asked"), std::nullopt);
  EXPECT_FALSE(store_->remove("removed"));
  maintainToTheEnd(*store_);
  EXPECT_EQ(listener_->heard(), (Noted{{"read", kExpire},
                                       {"peeked", kExpire},
                                       {"put", kExpire},
                                       {"asked", kExpire},
                                       {"removed", kExpire},
                                       {"swept", kExpire}}));
}

TEST_P(StoreRemovals, AreToldOfWhatMadeRoom) {
  fill(0, 3000, 1000);
  const StoreStats stats = store_->stats();
  EXPECT_GT(stats.evictions, 0U);
  EXPECT_EQ(reasons(), (Counts{{kEvict, stats.evictions}}));
}

TEST_P(StoreRemovals, AreToldOfEntriesBeyondTheirNumber) {
  open(kMiB, 2);
  for (const char* key : {"a", "b", "c"}) put(key);
  EXPECT_EQ(listener_->heard(), (Noted{{"a", kEvict}}));
}

TEST_P(StoreRemovals, AreToldOfAShrink) {
  fill(0, 500, 1000);
  EXPECT_GT(store_->shrink(200 * kKiB), 0U);
  EXPECT_EQ(reasons(), (Counts{{kEvict, store_->stats().evictions}}));
}

/// The resize moves entries to slabs of another size: an entry that is only carried over is not
/// removed.
TEST_P(StoreRemovals, AreToldOfAResizeThatEvicts) {
  open(16 * kMiB, 0);
  fill(0, 10'000, 1000);
  ASSERT_EQ(store_->stats().evictions, 0U);
  ASSERT_TRUE(store_->resize(kMiB));
  const StoreStats stats = store_->stats();
  EXPECT_GT(stats.evictions, 0U);
  EXPECT_GT(stats.entries, 0U);
  EXPECT_EQ(reasons(), (Counts{{kEvict, stats.evictions}}));
  ASSERT_TRUE(store_->resize(64 * kMiB));
  EXPECT_EQ(listener_->heard(), Noted{});
  mayGrow_ = false;
  ASSERT_TRUE(store_->resize(128 * kKiB));
  EXPECT_EQ(reasons(), (Counts{{kEvict, store_->stats().evictions - stats.evictions}}));
}

TEST_P(StoreRemovals, AreToldOfPressure) {
  fill(0, 700, 1000);
  (void)setPressureBudget(*store_, 512 * kKiB);
  const uint64_t lowered = store_->stats().evictions;
  EXPECT_GT(lowered, 0U);
  EXPECT_EQ(reasons(), (Counts{{kPressure, lowered}}));
  (void)store_->trimPayload(100 * kKiB);
  const StoreStats stats = store_->stats();
  EXPECT_GT(stats.evictions, lowered);
  EXPECT_EQ(stats.pressureEvictions, stats.evictions);
  EXPECT_EQ(reasons(), (Counts{{kPressure, stats.evictions - lowered}}));
  // A put under this budget makes room for itself.
  fill(1000, 2000, 1000);
  const StoreStats later = store_->stats();
  EXPECT_EQ(reasons(), (Counts{{kEvict, later.evictions - stats.evictions}}));
  EXPECT_EQ(later.pressureEvictions, stats.pressureEvictions);
}

TEST_P(StoreRemovals, AreToldOfAClear) {
  fill(0, 300, 100);
  put("large", 300 * kKiB);
  store_->clear();
  std::vector<std::string> keys;
  for (const auto& [key, reason] : listener_->heard()) {
    EXPECT_EQ(reason, kClear);
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
  EXPECT_EQ(keys.size(), 301U);
}

TEST_P(StoreRemovals, CountWhatOfAClearIsNotHeld) {
  fill(0, 1000, 100);
  RemovalListener small(*store_, 256);
  store_->clear();
  const RemovalBatch batch = small.take();
  EXPECT_GT(batch.count(), 10U);
  EXPECT_EQ(batch.count() + batch.lost(), 1000U);
  // The other log has room for all of them.
  EXPECT_EQ(reasons(), (Counts{{kClear, 1000}}));
}

TEST_P(StoreRemovals, AreToldToAllWhoListenAndToNoOther) {
  EXPECT_TRUE(store_->tellsRemovals());
  put("a");
  {
    RemovalListener other(*store_);
    store_->remove("a");
    EXPECT_EQ(other.heard(), (Noted{{"a", kDelete}}));
  }
  EXPECT_EQ(listener_->heard(), (Noted{{"a", kDelete}}));
  listener_.reset();
  EXPECT_FALSE(store_->tellsRemovals());
  put("a");
  store_->remove("a");
}

TEST_P(StoreRemovals, GiveTheTimeThatIsLeftToAnEntry) {
  put("forever");
  put("short", 10, 500);
  EXPECT_EQ(store_->remainingTtl("forever"), kNeverExpires);
  EXPECT_EQ(store_->remainingTtl("short"), 500U);
  fakeNow() += 499;
  EXPECT_EQ(store_->remainingTtl("short"), 1U);
  EXPECT_EQ(store_->remainingTtl("none"), std::nullopt);
  fakeNow() += 1;
  EXPECT_EQ(store_->remainingTtl("short"), std::nullopt);
  const StoreStats stats = store_->stats();
  EXPECT_EQ(stats.hits + stats.misses, 0U);
}

/// Each put that was stored is removed once, or is there at the end: whatever removes it, in any
/// thread.
TEST_P(StoreRemovals, AgreeWithWhatIsLeftWhenThreadsAreDone) {
  constexpr uint64_t kThreads = 3;
  constexpr uint64_t kKeys = 2000;
  std::vector<std::vector<uint64_t>> puts(kThreads, std::vector<uint64_t>(kKeys));
  std::atomic<bool> ends{false};
  std::map<std::string, int64_t> there;
  uint64_t removals = 0;
  uint64_t lost = 0;
  const auto take = [&] {
    const RemovalBatch batch = listener_->take(100);
    for (const auto& each : removalsIn(batch)) --there[each.first];
    removals += batch.count();
    lost += batch.lost();
    return !batch.isEmpty();
  };
  TestThread taker([&] {
    while (!ends) take();
  });
  std::vector<TestThread> threads;
  for (uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread, &puts] {
      SeededRandom random(thread);
      const std::string value(2000, 'v');
      for (uint64_t step = 0; step < scaled(6000); ++step) {
        const uint64_t id = random.below(kKeys);
        PutOptions options;
        options.ttlMs = random.oneIn(6) ? 1 + random.below(20) : 0;
        if (random.oneIn(8)) {
          store_->remove(keyOf(id));
        } else if (random.oneIn(200)) {
          store_->clear();
        } else if (random.oneIn(100)) {
          (void)setPressureBudget(*store_, random.oneIn(2) ? UINT64_MAX : random.below(kMiB));
        } else if (random.oneIn(100)) {
          fakeNow() += random.below(10);
          (void)store_->maintain();
        } else if (random.oneIn(100)) {
          RemovalListener passing(*store_, 4096);
          (void)getString(*store_, keyOf(id));
        } else if (store_->put(keyOf(id), std::string_view(value).substr(random.below(2000)),
                               options) == PutResult::kStored) {
          ++puts[thread][id];
        }
      }
    });
  }
  for (TestThread& each : threads) each.join();
  ends = true;
  taker.join();
  // Scans do not visit entries that have expired.
  fakeNow() += 2000;
  maintainToTheEnd(*store_);
  while (take()) {
  }
  ASSERT_EQ(lost, 0U);
  EXPECT_GT(removals, 1000U);
  for (uint64_t id = 0; id < kKeys; ++id) {
    for (const auto& each : puts) there[keyOf(id)] += static_cast<int64_t>(each[id]);
  }
  for (const std::string& key : keysIn(*store_)) {
    EXPECT_EQ(there[key], 1) << key;
    there.erase(key);
  }
  for (const auto& [key, count] : there) EXPECT_EQ(count, 0) << key;
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreRemovals, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
