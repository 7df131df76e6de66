#include "store/ghost_queue.h"

#include <gtest/gtest.h>

#include "store_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kBudget = 8 * kMiB;
constexpr uint64_t kNearlyAll = kBudget - kBudget / 8;

/// The numbers are spread like hashes.
uint32_t hashOf(uint32_t i) {
  return i * 2654435761U;
}

class GhostQueues : public ::testing::Test {
 protected:
  GhostQueues() : memory_(source_, kBudget), slabs_(memory_.take(kNearlyAll)), ghosts_(memory_) {
    ghosts_.reserve(kBudget);
  }
  ~GhostQueues() override {
    if (slabs_ != nullptr) memory_.release(slabs_, kNearlyAll);
  }

  uint64_t heldByGhosts() const { return memory_.held() - (slabs_ != nullptr ? kNearlyAll : 0); }

  /// Remembers entries of one size that leave a full store.
  void rememberAll(uint32_t from, uint32_t to, uint64_t bytes) {
    for (uint32_t i = from; i < to; ++i) ghosts_.remember(hashOf(i), bytes, kBudget);
  }
  double shareRemembered(uint32_t from, uint32_t to) {
    double found = 0;
    for (uint32_t i = from; i < to; ++i) found += ghosts_.forget(hashOf(i)) ? 1 : 0;
    return found / (to - from);
  }

  TestMemory source_;
  BudgetedMemory memory_;
  /// The other memory that a full store holds.
  void* slabs_;
  GhostQueue ghosts_;
};

TEST_F(GhostQueues, RemembersAsManyBytesAsTheStoreHolds) {
  rememberAll(0, 4096, 4 * kKiB);
  EXPECT_EQ(shareRemembered(0, 2000), 0);
  EXPECT_EQ(shareRemembered(2100, 4096), 1);
}

TEST_F(GhostQueues, CountsBytesAndNotEntries) {
  rememberAll(0, 5000, 512);
  rememberAll(5000, 5040, 128 * kKiB);
  EXPECT_GT(shareRemembered(0, 5000), 0.99);
}

TEST_F(GhostQueues, ForgetsTheOldestWhenTheTableIsFull) {
  rememberAll(0, 60000, 64);
  EXPECT_LT(shareRemembered(0, 30000), 0.01);
  EXPECT_GT(shareRemembered(52000, 60000), 0.99);
}

TEST_F(GhostQueues, ForgetsWhatItWasAskedFor) {
  rememberAll(0, 1000, 512);
  EXPECT_EQ(shareRemembered(0, 1000), 1);
  EXPECT_EQ(shareRemembered(0, 1000), 0);
}

TEST_F(GhostQueues, HoldsAHundredAndTwentyEighthOfTheBudget) {
  EXPECT_EQ(heldByGhosts(), kBudget / 128);
  EXPECT_EQ(ghosts_.tableBytes(), kBudget / 128);
  ghosts_.clear();
  EXPECT_EQ(heldByGhosts(), 0U);
}

TEST_F(GhostQueues, TakesTheTableWhenTheBudgetIsNearlyFull) {
  ghosts_.clear();
  memory_.release(slabs_, kNearlyAll);
  slabs_ = nullptr;
  void* const half = memory_.take(kBudget / 2);
  ghosts_.reserveWhenNearlyFull();
  EXPECT_EQ(ghosts_.tableBytes(), 0U);
  void* const more = memory_.take(kNearlyAll - kBudget / 2);
  ghosts_.reserveWhenNearlyFull();
  EXPECT_EQ(ghosts_.tableBytes(), kBudget / 128);
  memory_.release(half, kBudget / 2);
  memory_.release(more, kNearlyAll - kBudget / 2);
}

TEST_F(GhostQueues, AsksAgainForARefusedTableOnlyWhenMoreIsHeld) {
  ghosts_.clear();
  source_.refuseAll = true;
  for (int i = 0; i < 100; ++i) ghosts_.reserveWhenNearlyFull();
  EXPECT_EQ(memory_.refusals(), 1U);
}

TEST_F(GhostQueues, ReleasesTheTableOnlyInAnEmptyStore) {
  rememberAll(0, 100, 64 * kKiB);
  ghosts_.contract(kBudget / 2);
  EXPECT_EQ(shareRemembered(0, 100), 1);
  ghosts_.contract(kBudget / 32);
  EXPECT_EQ(heldByGhosts(), 0U);
  rememberAll(0, 5000, 512);
  EXPECT_GT(heldByGhosts(), 0U) << "the table is asked for again";
}

TEST_F(GhostQueues, KeepsTheTableWhereALargerOneIsRefused) {
  rememberAll(0, 100, 512);
  source_.refuseAll = true;
  ghosts_.reserve(4 * kBudget);
  EXPECT_EQ(shareRemembered(0, 100), 1);
}

}  // namespace
}  // namespace ebbcache::test
