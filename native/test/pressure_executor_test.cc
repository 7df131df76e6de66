// The thread of a store: the orders that it takes and refuses, and when it runs.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "heap_faults.h"
#include "pressure/store_executor.h"
#include "pressure_fakes.h"
#include "pressure_stuck_store.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

StoreOrder lower(uint64_t from, uint64_t to) {
  return {StoreOrder::Kind::kLower, from, to, {}};
}
StoreOrder raise(uint64_t from, uint64_t to) {
  return {StoreOrder::Kind::kRaise, from, to, {}};
}

TEST(StoreExecutor, CarriesOrdersOut) {
  FakeStore store(100 * kMiB, 100 * kMiB);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures);
  EXPECT_FALSE(executor.hasThread());
  EXPECT_EQ(executor.takeUpkeep(), std::nullopt);
  EXPECT_TRUE(executor.give(lower(100 * kMiB, 50 * kMiB)));
  executor.wait();
  EXPECT_EQ(store.budgetBytes(), 50 * kMiB);
  EXPECT_TRUE(executor.give(raise(50 * kMiB, 60 * kMiB)));
  executor.wait();
  EXPECT_EQ(store.budgetBytes(), 60 * kMiB);
  store.upkeep = Upkeep::kMore;
  EXPECT_TRUE(executor.give(StoreOrder()));
  executor.wait();
  EXPECT_EQ(store.maintained, 1);
  EXPECT_EQ(executor.takeUpkeep(), Upkeep::kMore);
  EXPECT_EQ(executor.takeUpkeep(), std::nullopt);
  EXPECT_FALSE(executor.isBusy());
  EXPECT_EQ(failures, 0U);
}

TEST(StoreExecutor, RefusesAnOrderWhileABudgetIsChanged) {
  StuckStore store(100 * kMiB, 100 * kMiB);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures);
  EXPECT_TRUE(executor.give(lower(100 * kMiB, 50 * kMiB)));
  store.gate.waitForCall();
  EXPECT_TRUE(executor.isBusy());
  EXPECT_FALSE(executor.give(lower(100 * kMiB, 40 * kMiB)));
  EXPECT_FALSE(executor.give(StoreOrder()));
  store.gate.open();
  executor.wait();
  EXPECT_EQ(store.budgetBytes(), 50 * kMiB);
  EXPECT_EQ(store.gate.reached(), 1U);
}

TEST(StoreExecutor, OnlyABudgetWaitsBehindUpkeep) {
  StuckStore store(100 * kMiB, 100 * kMiB);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures);
  EXPECT_TRUE(executor.give(StoreOrder()));
  store.gate.waitForCall();
  EXPECT_FALSE(executor.give(StoreOrder()));
  EXPECT_TRUE(executor.give(lower(100 * kMiB, 50 * kMiB)));
  EXPECT_FALSE(executor.give(lower(100 * kMiB, 40 * kMiB)));
  store.gate.open();
  executor.wait();
  EXPECT_EQ(store.budgetBytes(), 50 * kMiB);
  EXPECT_EQ(store.maintained, 1);
}

TEST(StoreExecutor, ARaiseKeepsWithinTheLevelThatIsHeld) {
  FakeStore store(100 * kMiB, 0);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures);
  store.setBudget(100 * kMiB, 45 * kMiB);
  store.history().hold(PressureLevel::kHigh, [] { return Reduction(); });
  executor.give(raise(45 * kMiB, 60 * kMiB));
  executor.wait();
  EXPECT_EQ(store.budgetBytes(), 50 * kMiB);
}

TEST(StoreExecutor, ItsThreadEndsWhenItHadNoOrderForAWhileAndStartsAgain) {
  FakeStore store(100 * kMiB, 0);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures, milliseconds(1));
  for (int round = 1; round <= 3; round++) {
    EXPECT_TRUE(executor.give(StoreOrder()));
    executor.wait();
    EXPECT_EQ(store.maintained, round);
    while (executor.hasThread()) executor.joinEnded();
  }
}

TEST(StoreExecutor, CloseDropsWhatWaitsAndEndsTheThread) {
  StuckStore store(100 * kMiB, 100 * kMiB);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures, hours(1));
  executor.give(StoreOrder());
  store.gate.waitForCall();
  executor.give(lower(100 * kMiB, 50 * kMiB));
  std::atomic<bool> closed{false};
  test::TestThread closing([&] {
    executor.close();
    closed = true;
  });
  while (!executor.isClosed()) std::this_thread::yield();
  EXPECT_FALSE(closed) << "upkeep is still under way";
  store.gate.open();
  closing.join();
  EXPECT_EQ(store.budgetBytes(), 100 * kMiB);
  EXPECT_FALSE(executor.hasThread());
  EXPECT_FALSE(executor.give(StoreOrder()));
  executor.wait();
}

/// A store whose calls throw, as where the heap is exhausted.
class ThrowingStore final : public FakeStore {
 public:
  using FakeStore::FakeStore;
  Reduction setBudget(uint64_t /*from*/, uint64_t /*to*/) override { throw std::bad_alloc(); }
  Upkeep maintain(Waiting /*waiting*/) override { throw std::runtime_error("a test"); }
};

TEST(StoreExecutor, CountsWhatAnExceptionEnds) {
  ThrowingStore store(100 * kMiB, 0);
  std::atomic<uint64_t> failures{0};
  StoreExecutor executor(store, failures);
  for (const StoreOrder& order : {lower(100 * kMiB, 0), raise(0, 100 * kMiB), StoreOrder()}) {
    EXPECT_TRUE(executor.give(order));
    executor.wait();
  }
  EXPECT_EQ(failures, 3U);
  EXPECT_EQ(executor.takeUpkeep(), std::nullopt);
  EXPECT_FALSE(executor.isBusy());
}

}  // namespace
}  // namespace ebbcache::testing
