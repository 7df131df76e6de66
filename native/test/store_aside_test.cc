// Bytes that others hold for a store, and that it counts as its own.
#include <gtest/gtest.h>

#include "store_fixture.h"

namespace ebbcache {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{4} << 20;

std::unique_ptr<Store> fullStore() {
  StoreOptions options;
  options.maxBytes = kMaxBytes;
  auto store = Store::open(options);
  for (unsigned i = 0; i < 20000; ++i) {
    store->put("key " + std::to_string(i), std::string(500, 'v'));
  }
  return store;
}

TEST(StoreAside, CountsAsHeldAndHasItsRoomEvicted) {
  const auto store = fullStore();
  const uint64_t evictions = store->stats().evictions;
  const uint64_t payload = store->payloadBytes();
  const uint64_t aside = kMaxBytes / 8;
  ASSERT_TRUE(store->setAside(aside));
  EXPECT_LE(store->heldBytes(), kMaxBytes);
  EXPECT_GT(store->stats().evictions, evictions);
  EXPECT_LT(store->payloadBytes(), payload - aside / 2);
  EXPECT_EQ(store->checkIntegrity(), "");
  for (unsigned i = 0; i < 20000; ++i) {
    store->put("more " + std::to_string(i), std::string(500, 'v'));
    ASSERT_LE(store->heldBytes(), kMaxBytes);
  }
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST(StoreAside, IsReplacedByTheNextCall) {
  StoreOptions options;
  options.maxBytes = kMaxBytes;
  const auto store = Store::open(options);
  const uint64_t before = store->heldBytes();
  const uint64_t minBudget = store->minBudget();
  ASSERT_TRUE(store->setAside(100'000));
  EXPECT_EQ(store->heldBytes(), before + 100'000);
  EXPECT_EQ(store->minBudget(), minBudget + 100'000);
  ASSERT_TRUE(store->setAside(300'000));
  EXPECT_EQ(store->heldBytes(), before + 300'000);
  ASSERT_TRUE(store->setAside(0));
  EXPECT_EQ(store->heldBytes(), before);
  EXPECT_EQ(store->minBudget(), minBudget);
}

TEST(StoreAside, IsRefusedWhereTheBudgetHasNoRoom) {
  const auto store = fullStore();
  EXPECT_FALSE(store->setAside(kMaxBytes));
  EXPECT_LE(store->heldBytes(), kMaxBytes);
  EXPECT_EQ(store->checkIntegrity(), "");
  // Under pressure there is as little room.
  store->setBudget(kMaxBytes, store->minBudget());
  EXPECT_FALSE(store->setAside(kMaxBytes / 8));
  EXPECT_EQ(store->checkIntegrity(), "");
}

TEST(StoreAside, LeavesAStoreThatBecomesSmallerWithinItsBudget) {
  const auto store = fullStore();
  ASSERT_TRUE(store->setAside(kMaxBytes / 16));
  ASSERT_TRUE(store->resize(kMaxBytes / 2));
  EXPECT_LE(store->heldBytes(), kMaxBytes / 2);
  EXPECT_EQ(store->checkIntegrity(), "");
  ASSERT_TRUE(store->resize(2 * kMaxBytes));
  EXPECT_EQ(store->checkIntegrity(), "");
}

}  // namespace
}  // namespace ebbcache
