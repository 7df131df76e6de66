// The thread of a governor: when it samples, sleeps and ends.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "governor_fixture.h"
#include "heap_faults.h"
#include "pressure/governor.h"
#include "pressure_fakes.h"
#include "seeded_random.h"

namespace ebbcache::testing {
namespace {

using std::chrono::milliseconds;

GovernorOptions everyMillisecond() {
  GovernorOptions options;
  options.interval = milliseconds(1);
  options.regrowInterval = milliseconds(1);
  return options;
}

TEST(GovernorThread, ShrinksWithoutBeingAsked) {
  auto machine = std::make_shared<FakeMachine>(1000 * kMiB);
  machine->setPercent(50);
  Governor governor(everyMillisecond(), inputsOf(machine));
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB, 10 * kMiB);
  governor.add(store);
  machine->setPercent(96);
  while (store->heldBytes() > 10 * kMiB) std::this_thread::yield();
  machine->setPercent(50);
  while (store->budgetBytes() < 100 * kMiB) std::this_thread::yield();
  EXPECT_EQ(store->heldBytes(), 10 * kMiB);
}

TEST(GovernorThread, HasNoAnswerWithoutAReaderForGrowth) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(),
                    {readerOf(machine), nullptr, std::make_unique<TimedWatch>()});
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  governor.add(store);
  while (store->maintained < 3) std::this_thread::yield();
  EXPECT_TRUE(governor.mayGrow(1)) << "no reader, no answer yet";
}

/// A governor that samples when its watch reports something, or after an hour.
struct Watched {
  Watched() {
    GovernorOptions options = GovernorTest::byHand();
    options.interval = milliseconds(1);
    auto heard = std::make_unique<FakeWatch>();
    watch = heard.get();
    governor = std::make_unique<Governor>(options, inputsOf(machine, std::move(heard)));
  }

  void waitForSleep() const {
    const int waits = watch->waits;
    while (watch->waits == waits && watch->lastPause < 1'000'000) std::this_thread::yield();
  }

  // A machine of a petabyte is far from any threshold.
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  FakeWatch* watch = nullptr;
  std::unique_ptr<Governor> governor;
};

TEST(GovernorThread, SleepsLongWhereNothingCanHappen) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  watched.governor->add(store);
  while (watched.watch->waits == 0) std::this_thread::yield();
  EXPECT_GT(watched.watch->lastPause, 1'000'000);
}

TEST(GovernorThread, SamplesOftenWhileThereIsAnythingToDo) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  store->upkeep = Upkeep::kDone;
  watched.governor->add(store);
  while (watched.watch->waits < 5) std::this_thread::yield();
  EXPECT_EQ(watched.watch->lastPause, 1) << "upkeep";
  store->setBudget(100 * kMiB, 50 * kMiB);
  store->upkeep = Upkeep::kIdle;
  const int waits = watched.watch->waits;
  while (watched.watch->waits < waits + 5) std::this_thread::yield();
  EXPECT_EQ(watched.watch->lastPause, 1) << "a budget to regrow";
}

TEST(GovernorThread, WakesWhenTheSystemSaysSo) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  watched.governor->add(store);
  watched.waitForSleep();
  watched.machine->setPercent(70);
  Stalls stalls;
  stalls.system = true;
  watched.watch->say(stalls);
  while (store->budgetBytes() > 75 * kMiB) std::this_thread::yield();
  EXPECT_EQ(watched.governor->level(), PressureLevel::kElevated);
  EXPECT_EQ(watched.governor->status().stalls, 1U);
}

TEST(GovernorThread, MaintainsBetweenSamplesThatAreFarApart) {
  auto machine = std::make_shared<FakeMachine>(uint64_t{1} << 50);
  GovernorOptions options = GovernorTest::byHand();
  options.upkeepInterval = milliseconds(1);
  Governor governor(options, inputsOf(machine));
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  governor.add(store);
  while (store->maintained < 10) std::this_thread::yield();
  EXPECT_EQ(governor.status().samples, 1U);
}

TEST(GovernorThread, SamplesAtOnceAfterAnAppliedLevel) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  watched.governor->add(store);
  watched.waitForSleep();
  watched.governor->apply(store.get(), PressureLevel::kHigh);
  while (watched.watch->lastPause != 1) std::this_thread::yield();
}

TEST(GovernorThread, ListensOnceUsageIsSoHighThatStallsCount) {
  const Watched watched;
  auto store = std::make_shared<FakeStore>(100 * kMiB, 0);
  store->upkeep = Upkeep::kDone;
  watched.machine->setPercent(49);
  watched.governor->add(store);
  while (watched.watch->waits < 3) std::this_thread::yield();
  EXPECT_FALSE(watched.watch->listening);
  watched.machine->setPercent(50);
  while (!watched.watch->listening) std::this_thread::yield();
}

TEST(GovernorThread, IsConfiguredWhileItRuns) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(store);
  for (int round = 0; round < 20; round++) {
    auto other = std::make_shared<FakeMachine>();
    other->setPercent(round % 2 == 0 ? 96 : 10);
    GovernorOptions options = everyMillisecond();
    options.regrowStep = 1;
    governor.configure(options, inputsOf(other));
    const uint64_t expected = round % 2 == 0 ? 0 : 100 * kMiB;
    while (store->budgetBytes() != expected) std::this_thread::yield();
  }
  EXPECT_EQ(governor.options().regrowStep, 1);
}

TEST(GovernorThread, EndsWithTheLastStoreAndStartsAgain) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  for (int round = 0; round < 20; round++) {
    auto store = std::make_shared<FakeStore>(kMiB, 0);
    governor.add(store);
    while (store->maintained < 2) std::this_thread::yield();
    governor.remove(store.get());
    EXPECT_EQ(store.use_count(), 1);
    EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
  }
}

TEST(GovernorThread, EndsWithTheGovernor) {
  auto store = std::make_shared<FakeStore>(kMiB, 0);
  {
    auto machine = std::make_shared<FakeMachine>();
    Governor governor(everyMillisecond(), inputsOf(machine));
    governor.add(store);
    while (store->maintained == 0) std::this_thread::yield();
  }
  EXPECT_EQ(store.use_count(), 1);
}

/// A store that asks for growth while it holds the lock that a tick takes too, as real ones do.
class LockingStore : public FakeStore {
 public:
  LockingStore(Governor& governor, uint64_t max) : FakeStore(max, max), governor_(governor) {}
  Reduction setBudget(uint64_t from, uint64_t to) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return FakeStore::setBudget(from, to);
  }
  void put() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (governor_.mayGrow(kMiB / 32)) hold(budgetBytes());
  }

 private:
  Governor& governor_;
  std::mutex mutex_;
};

TEST(GovernorThread, StoresComeAndGoFromManyThreads) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(everyMillisecond(), inputsOf(machine));
  std::vector<test::TestThread> threads;
  threads.reserve(4);
  for (unsigned seed = 0; seed < 4; seed++) {
    threads.emplace_back([&, seed] {
      test::SeededRandom random(seed);
      for (int round = 0; round < 150; round++) {
        auto store = std::make_shared<LockingStore>(governor, 10 * kMiB);
        governor.add(store);
        machine->setPercent(static_cast<double>(random.below(100)));
        for (int put = 0; put < 20; put++) store->put();
        governor.tick(Governor::Clock::now());
        governor.remove(store.get());
        EXPECT_EQ(store.use_count(), 1);
        EXPECT_LE(store->heldBytes(), store->budgetBytes());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
}

}  // namespace
}  // namespace ebbcache::testing
