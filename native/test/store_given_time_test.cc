// A store whose times to live follow a given time.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

constexpr int64_t kTime = 1'700'000'000'000;
constexpr uint64_t kTtl = 1000;

class StoreGivenTime : public ::testing::Test {
 protected:
  StoreGivenTime() {
    StoreOptions options;
    options.maxBytes = 4 * kMiB;
    store = Store::open(options, testEnvironment(memory));
    store->clock().give(kTime);
  }

  void put(const std::string& key, uint64_t ttlMs, uint64_t bytes = 5) const {
    PutOptions options;
    options.ttlMs = ttlMs;
    ASSERT_EQ(store->put(key, std::string(bytes, 'v'), options), PutResult::kStored);
  }

  TestMemory memory;
  std::unique_ptr<Store> store;
};

TEST_F(StoreGivenTime, EndsTheTimeToLive) {
  put("key", kTtl);
  put("kept", 0);
  store->clock().give(kTime + int64_t{kTtl} - 1);
  EXPECT_TRUE(store->has("key"));
  store->clock().give(kTime + int64_t{kTtl});
  EXPECT_FALSE(store->has("key"));
  EXPECT_FALSE(getString(*store, "key"));
  EXPECT_FALSE(store->remove("key"));
  EXPECT_TRUE(store->has("kept"));
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST_F(StoreGivenTime, StandsStillUntilTheNextOne) {
  put("key", kTtl);
  fakeNow() += kTtl;
  EXPECT_TRUE(store->has("key"));
}

TEST_F(StoreGivenTime, EndsWhatHasMoreLeftThanItsTimeToLiveWhenSetBack) {
  put("short", kTtl);
  put("long", 100 * kTtl);
  store->clock().give(kTime + 10);
  put("later", 100 * kTtl);
  store->clock().give(kTime);
  EXPECT_TRUE(store->has("short"));
  EXPECT_TRUE(store->has("long"));
  EXPECT_FALSE(store->has("later"));
  store->clock().give(kTime - 1);
  EXPECT_FALSE(store->has("short"));
  // A longer time to live is known to within a 4096th.
  store->clock().give(kTime - int64_t{kTtl});
  EXPECT_FALSE(store->has("long"));
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST_F(StoreGivenTime, AppliesToLargeAndToMovedEntries) {
  put("alone", kTtl, kMiB);
  for (uint64_t i = 0; i < 1000; ++i) put(keyOf(i), kTtl);
  ASSERT_TRUE(store->resize(16 * kMiB));
  store->clock().give(kTime - 1);
  EXPECT_FALSE(store->has("alone"));
  EXPECT_FALSE(store->has(keyOf(0)));
  store->clock().give(kTime + 1);
  put("alone", kTtl, kMiB);
  EXPECT_TRUE(store->has("alone"));
  store->clock().give(kTime + 1 + int64_t{kTtl});
  EXPECT_FALSE(store->has("alone"));
}

TEST_F(StoreGivenTime, LetsAllThatExpiredBeRemovedAtOnce) {
  for (uint64_t i = 0; i < 20'000; ++i) put(keyOf(i), i % 2 == 0 ? kTtl : 2 * kTtl);
  put("alone", kTtl, kMiB);
  const uint64_t entries = store->stats().entries;
  ASSERT_GT(entries, 10'000U);
  store->removeExpired();
  EXPECT_EQ(store->stats().entries, entries);
  store->clock().give(kTime + int64_t{kTtl});
  store->removeExpired();
  EXPECT_LT(store->stats().entries, entries * 6 / 10);
  EXPECT_FALSE(store->has("alone"));
  store->clock().give(kTime + int64_t{2 * kTtl});
  store->removeExpired();
  EXPECT_EQ(store->stats().entries, 0U);
  EXPECT_EQ(store->stats().expirations, entries);
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST_F(StoreGivenTime, LetsWhatASetBackEndedBeRemovedToo) {
  put("large", kTtl, kMiB);
  for (uint64_t i = 0; i < 1000; ++i) put(keyOf(i), kTtl);
  maintainToTheEnd(*store);
  EXPECT_EQ(store->stats().entries, 1001U);
  store->clock().give(kTime - 1);
  EXPECT_EQ(store->checkIntegrity(), "");
  maintainToTheEnd(*store);
  EXPECT_EQ(store->stats().entries, 0U);
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST_F(StoreGivenTime, GoesOnWithItsOwnTimeAfterwards) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const int64_t wall =
      duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto open = [this] {
    StoreOptions options;
    options.maxBytes = kMiB;
    return Store::open(options, testEnvironment(memory));
  };
  store = open();
  // The store's own clock stands still; the system's may be some seconds later than at the opening.
  constexpr uint64_t kHour = 3'600'000;
  put("own", 2 * kHour);
  store->clock().give(wall + int64_t{kHour});
  EXPECT_TRUE(store->has("own"));
  put("given", 2 * kHour);
  store->clock().give(wall + int64_t{3 * kHour});
  EXPECT_FALSE(store->has("own"));

  store->clock().give(std::nullopt);
  EXPECT_FALSE(store->has("given")) << "it was put later than now";
  put("own", kTtl);
  EXPECT_TRUE(store->has("own"));
  fakeNow() += kTtl;
  EXPECT_FALSE(store->has("own"));
}

TEST_F(StoreGivenTime, MayBeAnyTime) {
  constexpr int64_t kMax = (int64_t{1} << 53) - 1;
  for (const int64_t time : {int64_t{0}, int64_t{-1}, -kMax, kMax, int64_t{5}}) {
    store->clock().give(time);
    put("key", kTtl);
    EXPECT_TRUE(store->has("key")) << time;
  }
  // All times within 557 years of the system's time are exact.
  for (const int64_t time : {int64_t{0}, int64_t{-1'000'000'000'000}, int64_t{4'000'000'000'000}}) {
    store->clock().give(time);
    put("key", kTtl);
    store->clock().give(time + int64_t{kTtl} - 1);
    EXPECT_TRUE(store->has("key")) << time;
    store->clock().give(time + int64_t{kTtl});
    EXPECT_FALSE(store->has("key")) << time;
  }
}

}  // namespace
}  // namespace ebbcache::test
