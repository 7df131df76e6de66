// S3-FIFO's second chances are bounded by the entries that move, not by time.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "slab_table_fixture.h"
#include "store/s3fifo_policy.h"

namespace ebbcache::test {
namespace {

class StoreS3FifoChances : public ::testing::Test {
 protected:
  StoreS3FifoChances() : policy_(all_.slabs, all_.memory) {
    for (uint64_t i = 0; i < kEntries; ++i) {
      entries_.push_back(all_.add());
      policy_.inserted(entries_.back(), i, {});
    }
  }

  void hitAll() {
    for (const Address address : entries_) policy_.hit(address);
  }

  uint64_t inSmall() const {
    uint64_t count = 0;
    for (const Address address : entries_) {
      count += (all_.slabs.at(address)->state() & Entry::kInSmallQueue) != 0 ? 1 : 0;
    }
    return count;
  }
  uint64_t usesOfAll() const {
    uint64_t sum = 0;
    for (const Address address : entries_) sum += all_.slabs.at(address)->uses();
    return sum;
  }

  static constexpr uint64_t kEntries = 20'000;
  EntriesInSlabs all_;
  S3FifoPolicy policy_;
  std::vector<Address> entries_;
};

TEST_F(StoreS3FifoChances, AreSharedByTheEvictionsOfAScope) {
  hitAll();
  for (uint64_t scope = 1; scope <= 3; ++scope) {
    const SharedChances chances(policy_, 100);
    EXPECT_EQ(policy_.victim(), entries_[scope * 100]) << "the oldest that is left";
    EXPECT_EQ(policy_.victim(), entries_[scope * 100]) << "none are left for a second eviction";
    EXPECT_EQ(inSmall(), kEntries - scope * 100);
  }
}

TEST_F(StoreS3FifoChances, AreSharedInTheMainQueueToo) {
  hitAll();
  {
    const SharedChances chances(policy_, kEntries);
    // The last chance is used by the last entry of the small queue, so the main queue is unchanged.
    EXPECT_EQ(policy_.victim(), entries_[0]);
  }
  EXPECT_EQ(inSmall(), 0U);
  EXPECT_EQ(usesOfAll(), 0U);
  hitAll();
  const SharedChances chances(policy_, 100);
  EXPECT_EQ(policy_.victim(), entries_[100]);
  EXPECT_EQ(policy_.victim(), entries_[100]);
  EXPECT_EQ(usesOfAll(), kEntries - 100);
}

TEST_F(StoreS3FifoChances, AreEachEvictionsOwnElsewhere) {
  hitAll();
  { const SharedChances chances(policy_, 0); }
  ASSERT_EQ(inSmall(), kEntries);
  const Address first = policy_.victim();
  const uint64_t moved = kEntries - inSmall();
  EXPECT_GT(moved, 500U);
  EXPECT_LT(moved, kEntries / 4) << "one eviction is no pass over all";
  policy_.evicted(first, 0);
  (void)policy_.victim();
  EXPECT_EQ(kEntries - inSmall(), 2 * moved) << "as many again";
}

TEST_F(StoreS3FifoChances, AreNotSpentOnWhatWasNotUsed) {
  const SharedChances chances(policy_, 1);
  for (uint64_t i = 0; i < 100; ++i) {
    ASSERT_EQ(policy_.victim(), entries_[i]);
    policy_.evicted(entries_[i], i);
  }
}

TEST(StoreS3FifoShrink, KeepsWhatWasUsedHoweverMuchGoes) {
  const auto store = openStore(16 * kMiB, Policy::kS3Fifo);
  constexpr uint64_t kEntries = 60'000;
  for (uint64_t i = 0; i < kEntries; ++i) store->put(keyOf(i), std::string(100, 'v'));
  ASSERT_EQ(store->stats().evictions, 0U);
  constexpr uint64_t kUsedEvery = 3;
  for (uint64_t i = 0; i < kEntries; i += kUsedEvery) getString(*store, keyOf(i));
  store->shrink(store->heldBytes() / 2);
  EXPECT_GT(store->stats().evictions, kEntries / 3);
  for (uint64_t i = 0; i < kEntries; i += kUsedEvery) ASSERT_TRUE(store->has(keyOf(i))) << i;
}

}  // namespace
}  // namespace ebbcache::test
