// A store that does not answer delays no other, nor those who ask the governor.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "governor_fixture.h"
#include "heap_faults.h"
#include "pressure/governor.h"
#include "pressure_fakes.h"
#include "pressure_stuck_store.h"

namespace ebbcache::testing {
namespace {

using std::chrono::milliseconds;

/// A governor that samples every millisecond, on a machine that is full.
class GovernorOfAStuckStore : public ::testing::Test {
 public:
  GovernorOfAStuckStore() { machine->setPercent(96); }
  // The gates are opened also where a test has failed.
  ~GovernorOfAStuckStore() override { stuck->gate.open(); }

  static GovernorOptions everyMillisecond() {
    GovernorOptions options;
    options.interval = options.longestInterval = milliseconds(1);
    options.regrowInterval = milliseconds(1);
    return options;
  }

  void waitForSamples(uint64_t more) const {
    const uint64_t before = governor.status().samples;
    while (governor.status().samples < before + more) std::this_thread::yield();
  }

  /// All of these calls hang where anyone waits for the stuck store.
  void expectTheRestToWork() {
    waitForSamples(5);
    EXPECT_EQ(governor.level(), PressureLevel::kCritical);
    EXPECT_EQ(governor.status().assessment.level, PressureLevel::kCritical);
    auto other = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB, 10 * kMiB);
    governor.add(other);
    while (other->heldBytes() > 10 * kMiB) std::this_thread::yield();
    while (other->maintained < 3) std::this_thread::yield();
    EXPECT_FALSE(governor.mayGrow(kMiB));
    governor.apply(other.get(), PressureLevel::kHigh);
    governor.hold(other.get(), PressureLevel::kHigh);
    governor.resized(other.get());
    governor.remove(other.get());
    EXPECT_EQ(other.use_count(), 1);
    governor.configure(everyMillisecond(), inputsOf(machine));
    waitForSamples(5);
  }

  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>();
  std::shared_ptr<StuckStore> stuck =
      std::make_shared<StuckStore>(100 * kMiB, 100 * kMiB, 20 * kMiB);
  Governor governor{everyMillisecond(), inputsOf(machine)};
};

TEST_F(GovernorOfAStuckStore, DoesTheRestWhileABudgetIsChanged) {
  governor.add(stuck);
  stuck->gate.waitForCall();
  expectTheRestToWork();
  EXPECT_EQ(stuck->gate.reached(), 1U) << "one order at a time";
  stuck->gate.open();
  while (stuck->budgetBytes() != 20 * kMiB) std::this_thread::yield();
  governor.remove(stuck.get());
  EXPECT_EQ(stuck->heldBytes(), 20 * kMiB);
  EXPECT_EQ(stuck.use_count(), 1);
}

TEST_F(GovernorOfAStuckStore, DoesTheRestWhileUpkeepWaits) {
  machine->setPercent(10);
  stuck->upkeep = Upkeep::kBusy;
  governor.add(stuck);
  stuck->gate.waitForCall();
  machine->setPercent(96);
  expectTheRestToWork();
  EXPECT_EQ(stuck->gate.reached(), 1U);
  stuck->gate.open();
  while (stuck->budgetBytes() != 20 * kMiB) std::this_thread::yield();
  governor.remove(stuck.get());
  EXPECT_EQ(stuck->maintained, 1);
}

TEST_F(GovernorOfAStuckStore, DoesTheRestWhileItsCountsAreRead) {
  Gate reading;
  test::TestThread reader(
      [&] { stuck->history().read([&](const PressureCounts&) { reading.pass(); }); });
  reading.waitForCall();
  stuck->gate.open();
  governor.add(stuck);
  expectTheRestToWork();
  EXPECT_EQ(stuck->budgetBytes(), 100 * kMiB) << "no reduction while the counts are read";
  EXPECT_EQ(stuck->history().counts()[PressureCause::kCritical].events, 1U);
  reading.open();
  while (stuck->budgetBytes() != 20 * kMiB) std::this_thread::yield();
  reader.join();
}

TEST_F(GovernorOfAStuckStore, CountsAnOrderOnce) {
  governor.add(stuck);
  stuck->gate.waitForCall();
  waitForSamples(10);
  EXPECT_EQ(governor.status().reductions, 1U);
  stuck->gate.open();
}

TEST_F(GovernorOfAStuckStore, RemovesItOnceItHasEnded) {
  governor.add(stuck);
  stuck->gate.waitForCall();
  std::atomic<bool> removed{false};
  test::TestThread removing([&] {
    governor.remove(stuck.get());
    removed = true;
  });
  // The thread ends with the last store.
  while (governor.status().running) std::this_thread::yield();
  EXPECT_FALSE(removed);
  auto other = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(other);
  while (other->budgetBytes() > 0) std::this_thread::yield();
  governor.remove(other.get());
  stuck->gate.open();
  removing.join();
  EXPECT_EQ(stuck.use_count(), 1);
  EXPECT_EQ(stuck->budgetChanges, 1);
}

TEST_F(GovernorOfAStuckStore, ItsOwnPressureWaitsForIt) {
  governor.add(stuck);
  stuck->gate.waitForCall();
  test::TestThread holding([&] { governor.hold(stuck.get(), PressureLevel::kHigh); });
  while (stuck->history().held() != PressureLevel::kHigh) std::this_thread::yield();
  stuck->gate.open();
  holding.join();
  EXPECT_EQ(stuck->budgetBytes(), 20 * kMiB);
  EXPECT_EQ(stuck->history().counts()[PressureCause::kCritical].events, 1U);
}

TEST(GovernorUpkeep, ContinuesWithoutASampleWhereThereIsMore) {
  auto machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  Governor governor(GovernorTest::byHand(), inputsOf(machine));
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  auto idle = std::make_shared<FakeStore>(kMiB, 0);
  store->upkeep = Upkeep::kMore;
  governor.add(idle);
  governor.add(store);
  // An applied level has the governor sample, and all stores have their turn then, unless a round
  // that took long was just before.
  while (store->maintained == 0) {
    governor.apply(store.get(), PressureLevel::kNormal);
    std::this_thread::yield();
  }
  // The last levels that were applied may have their samples yet: then the turns are counted again.
  bool hasContinued = false;
  for (int attempt = 0; attempt < 10 && !hasContinued; ++attempt) {
    const uint64_t samplesBefore = governor.status().samples;
    const int idleBefore = idle->maintained;
    const int maintainedBefore = store->maintained;
    while (store->maintained < maintainedBefore + 20) std::this_thread::yield();
    const bool isIdleLeftAlone = idle->maintained == idleBefore;
    hasContinued = governor.status().samples == samplesBefore && isIdleLeftAlone;
  }
  store->upkeep = Upkeep::kIdle;
  EXPECT_TRUE(hasContinued) << "a sample came with each turn, or an idle store had one";
}

TEST(GovernorUpkeep, RetriesABusyStoreOnItsOwnThread) {
  auto machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  Governor governor(GovernorTest::byHand(), inputsOf(machine));
  /// Its upkeep is busy until a call may wait; then there is more to do, and after that nothing.
  class BusyStore final : public FakeStore {
   public:
    using FakeStore::FakeStore;
    Upkeep maintain(Waiting waiting) override {
      ++maintained;
      if (waiting == Waiting::kYes) {
        ++waited;
        return Upkeep::kMore;
      }
      if (waited == 0) return Upkeep::kBusy;
      done = true;
      return Upkeep::kDone;
    }
    std::atomic<int> waited{0};
    std::atomic<bool> done{false};
  };
  auto store = std::make_shared<BusyStore>(kMiB, 0);
  governor.add(store);
  while (!store->done) std::this_thread::yield();
  EXPECT_EQ(store->waited, 1);
  governor.remove(store.get());
  EXPECT_EQ(store->maintained, 3);
}

}  // namespace
}  // namespace ebbcache::testing
