#include <gtest/gtest.h>

#include <vector>

#include "heap_faults.h"

#include "pressure/growth_guard.h"
#include "pressure_fakes.h"

namespace ebbcache::testing {
namespace {

constexpr uint64_t kKiB = 1024;

class GrowthGuardTest : public ::testing::Test {
 public:
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>(1000 * kMiB);
  GrowthGuard guard{85, readerOf(machine)};
  GrowthGuard::Clock::time_point now{};
};

TEST_F(GrowthGuardTest, GrantsBelowTheCeilingOnly) {
  machine->setUsed(800 * kMiB);
  EXPECT_TRUE(guard.mayGrow(50 * kMiB, now));
  EXPECT_FALSE(guard.mayGrow(50 * kMiB + 1, now));
  machine->setUsed(900 * kMiB);
  EXPECT_FALSE(guard.mayGrow(1, now + GrowthGuard::kReuseFor));
  EXPECT_FALSE(guard.mayGrow(UINT64_MAX, now));
}

TEST_F(GrowthGuardTest, TheGroupCountsToo) {
  machine->setUsed(100 * kMiB);
  machine->setGroup(MemoryBound{100 * kMiB, 84 * kMiB});
  EXPECT_TRUE(guard.mayGrow(kMiB, now));
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, now));
}

TEST_F(GrowthGuardTest, ReadsForEveryLargeSlab) {
  for (int i = 0; i < 10; i++) EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(machine->reads(), 10);
}

TEST_F(GrowthGuardTest, ReadsOnceForManySmallSlabs) {
  for (int i = 0; i < 320; i++) EXPECT_TRUE(guard.mayGrow(32 * kKiB, now));
  EXPECT_EQ(machine->reads(), 10);
}

TEST_F(GrowthGuardTest, AnOldReadingIsNotReused) {
  EXPECT_TRUE(guard.mayGrow(kKiB, now));
  EXPECT_TRUE(guard.mayGrow(kKiB, now + GrowthGuard::kReuseFor / 2));
  EXPECT_EQ(machine->reads(), 1);
  EXPECT_TRUE(guard.mayGrow(kKiB, now + GrowthGuard::kReuseFor));
  EXPECT_EQ(machine->reads(), 2);
}

TEST_F(GrowthGuardTest, GrantsOnAReusedReadingAddUp) {
  machine->setUsed(850 * kMiB - 100 * kKiB);
  EXPECT_TRUE(guard.mayGrow(32 * kKiB, now));
  EXPECT_TRUE(guard.mayGrow(32 * kKiB, now));
  EXPECT_TRUE(guard.mayGrow(32 * kKiB, now));
  EXPECT_EQ(machine->reads(), 1);
  // The fourth would pass the ceiling with the bytes granted before: it reads again.
  machine->setUsed(850 * kMiB - 4 * kKiB);
  EXPECT_FALSE(guard.mayGrow(32 * kKiB, now));
  EXPECT_EQ(machine->reads(), 2);
}

TEST_F(GrowthGuardTest, ARefusalIsNeverReused) {
  machine->setPercent(90);
  EXPECT_FALSE(guard.mayGrow(kKiB, now));
  machine->setPercent(50);
  EXPECT_TRUE(guard.mayGrow(kKiB, now));
}

TEST_F(GrowthGuardTest, WithoutAReadingTheLastAnswerStands) {
  machine->setFailing(true);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(guard.failedReads(), 1U);

  machine->setFailing(false);
  machine->setPercent(90);
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, now));
  machine->setFailing(true);
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(guard.failedReads(), 2U);

  machine->setFailing(false);
  machine->setPercent(50);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  machine->setFailing(true);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
}

/// A group of 1000 MiB in a machine that is far from full.
class GrowthGuardOfAGroup : public GrowthGuardTest {
 public:
  GrowthGuardOfAGroup() { setGroup(100, 100); }
  void setGroup(uint64_t usedMiB, uint64_t chargedMiB) const {
    machine->setGroup(MemoryBound{1000 * kMiB, usedMiB * kMiB});
    machine->setCharged(MemoryBound{1000 * kMiB, chargedMiB * kMiB});
  }
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>(100'000 * kMiB);
  GrowthGuard guard{85, readerOf(machine)};
};

TEST_F(GrowthGuardOfAGroup, GoesByWhatIsChargedFarFromTheCeiling) {
  for (int i = 0; i < 10; i++) EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(machine->reads(), 1);
  EXPECT_EQ(machine->chargedReads(), 9);
  EXPECT_EQ(machine->groupReads(), 0);
}

TEST_F(GrowthGuardOfAGroup, GoesByWhatIsUsedWhereThePageCacheReachesTheLimit) {
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  // A fill takes the place of page cache: the charged bytes stay the same.
  for (uint64_t used = 200; used <= 840; used += 20) {
    setGroup(used, 1000);
    EXPECT_TRUE(guard.mayGrow(2 * kMiB, now)) << used;
  }
  setGroup(849, 1000);
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, now));
  setGroup(800, 1000);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(machine->reads(), 1);
}

TEST_F(GrowthGuardOfAGroup, ReadsTheMachineAgainAfterAWhile) {
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now + GrowthGuard::kMachineFor / 2));
  EXPECT_EQ(machine->reads(), 1);
  machine->setPercent(90);
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, now + GrowthGuard::kMachineFor));
  EXPECT_EQ(machine->reads(), 2);
}

TEST_F(GrowthGuardOfAGroup, ReadsAMachineForEachSlabThatIsNearlyFull) {
  machine->setUsed(85'000 * kMiB - 10 * kMiB);
  for (int i = 0; i < 5; i++) EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(machine->reads(), 5);
  EXPECT_EQ(machine->chargedReads(), 0);
}

TEST_F(GrowthGuardOfAGroup, CountsWhatItGrantedOnTheMachine) {
  machine->setUsed(85'000 * kMiB - 200 * kMiB);
  EXPECT_TRUE(guard.mayGrow(90 * kMiB, now));
  EXPECT_TRUE(guard.mayGrow(90 * kMiB, now));
  EXPECT_EQ(machine->reads(), 1);
  machine->setUsed(85'000 * kMiB - 20 * kMiB);
  EXPECT_FALSE(guard.mayGrow(90 * kMiB, now));
  EXPECT_EQ(machine->reads(), 2);
}

TEST_F(GrowthGuardOfAGroup, ReadsInFullWhereTheCheaperReadingFails) {
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  machine->setFailing(true);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(guard.failedReads(), 1U);
  machine->setFailing(false);
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, now));
  EXPECT_EQ(machine->reads(), 3);
}

TEST(GrowthGuard, AMachineWithoutALimitCannotBeRead) {
  GrowthGuard guard(85, readerOf(std::make_shared<FakeMachine>(0)));
  EXPECT_TRUE(guard.mayGrow(kMiB, {}));
  EXPECT_EQ(guard.failedReads(), 1U);
}

TEST(GrowthGuard, AnswersManyThreads) {
  auto machine = std::make_shared<FakeMachine>(1000 * kMiB);
  GrowthGuard guard(85, readerOf(machine));
  std::vector<test::TestThread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; i++) guard.mayGrow(32 * kKiB, GrowthGuard::Clock::now());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(guard.failedReads(), 0U);
  EXPECT_GE(machine->reads(), 8000 / 32);
}

}  // namespace
}  // namespace ebbcache::testing
