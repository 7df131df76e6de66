// The counts of pressure on a store: events by their cause, and the cost of each.

#include "pressure/pressure_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "governor_fixture.h"
#include "heap_faults.h"
#include "pressure/store_budgets.h"
#include "pressure_fakes.h"
#include "runtime/shared_store.h"
#include "seeded_random.h"

namespace ebbcache::testing {
namespace {

using Events = std::array<uint64_t, kPressureCauses>;

constexpr std::array<PressureCause, kPressureCauses> kCauses{
    PressureCause::kElevated, PressureCause::kHigh, PressureCause::kCritical,
    PressureCause::kRequest};

/// The events in the order of the causes: elevated, high, critical, request.
Events eventsOf(const PressureCounts& counts) {
  Events events{};
  for (const PressureCause cause : kCauses) {
    events.at(static_cast<size_t>(cause)) = counts[cause].events;
  }
  return events;
}

Events eventsOf(const FakeStore& store) {
  return eventsOf(store.history().counts());
}

/// Expects the relations of the counts that hold at all times.
void expectToAgree(const PressureCounts& counts, uint64_t pressureEvictions) {
  uint64_t events = 0;
  uint64_t evictions = 0;
  for (const PressureCause cause : kCauses) {
    events += counts[cause].events;
    evictions += counts[cause].evictions;
    if (counts[cause].evictions > 0) {
      EXPECT_GT(counts[cause].events, 0U) << static_cast<int>(cause);
    }
  }
  EXPECT_EQ(counts.events(), events);
  EXPECT_EQ(counts.evictions(), evictions);
  EXPECT_EQ(evictions, pressureEvictions);
  EXPECT_GE(counts.reductions, evictions > 0 ? 1U : 0U);
}

class PressureCountsTest : public GovernorTest {};

TEST_F(PressureCountsTest, ARiseIsAnEventOfTheLevelThatIsReached) {
  const auto store = add(1000 * kMiB, 0);
  tickAt(50);
  EXPECT_EQ(eventsOf(*store), (Events{0, 0, 0, 0}));
  tickAt(80);
  EXPECT_EQ(eventsOf(*store), (Events{1, 0, 0, 0}));
  tickAt(90);
  EXPECT_EQ(eventsOf(*store), (Events{1, 1, 0, 0}));
  tickAt(97);
  EXPECT_EQ(eventsOf(*store), (Events{1, 1, 1, 0}));
}

TEST_F(PressureCountsTest, ARiseByTwoLevelsIsOneEvent) {
  const auto store = add(1000 * kMiB, 0);
  tickAt(97);
  EXPECT_EQ(eventsOf(*store), (Events{0, 0, 1, 0}));
}

TEST_F(PressureCountsTest, ALevelThatStaysIsOneEvent) {
  const auto store = add(1000 * kMiB, 0);
  for (int i = 0; i < 10; i++) tickAt(90);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 0, 0}));
}

TEST_F(PressureCountsTest, AFallIsNoEventAndTheNextRiseIsOne) {
  const auto store = add(1000 * kMiB, 0);
  for (const double percent : {90, 50, 90, 97, 80, 97}) tickAt(percent);
  EXPECT_EQ(eventsOf(*store), (Events{0, 2, 2, 0}));
}

TEST_F(PressureCountsTest, AFailedSampleIsNoFall) {
  const auto store = add(1000 * kMiB, 0);
  tickAt(90);
  machine->setFailing(true);
  for (int i = 0; i < 3; i++) tick();
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
  machine->setFailing(false);
  tickAt(90);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 0, 0}));
}

TEST_F(PressureCountsTest, HoldingTheLevelOfTheGovernorIsNoSecondEvent) {
  const auto store = add(1000 * kMiB, 0);
  tickAt(90);
  governor.hold(store.get(), PressureLevel::kHigh);
  governor.hold(store.get(), PressureLevel::kElevated);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 0, 0}));
  governor.hold(store.get(), PressureLevel::kCritical);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 1, 0}));
  tickAt(97);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 1, 0})) << "that level was held already";
  governor.hold(store.get(), PressureLevel::kNormal);
  tickAt(97);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 1, 0})) << "the governor is still at that level";
  governor.hold(store.get(), PressureLevel::kUnknown);
  EXPECT_EQ(eventsOf(*store), (Events{0, 1, 1, 0}));
}

TEST_F(PressureCountsTest, EachAppliedLevelIsAnEvent) {
  const auto store = add(1000 * kMiB, 1000 * kMiB);
  governor.apply(store.get(), PressureLevel::kHigh);
  EXPECT_EQ(eventsOf(*store), (Events{0, 0, 0, 1}));
  const PressureCounts half = store->history().counts();
  EXPECT_EQ(half[PressureCause::kRequest].evictions, 500U);
  EXPECT_EQ(half.reductions, 1U) << "the payload and the budget are one";
  governor.apply(store.get(), PressureLevel::kHigh);
  governor.apply(store.get(), PressureLevel::kNormal);
  governor.apply(store.get(), PressureLevel::kUnknown);
  const PressureCounts counts = store->history().counts();
  EXPECT_EQ(eventsOf(counts), (Events{0, 0, 0, 2}));
  EXPECT_EQ(counts[PressureCause::kRequest].evictions, 750U);
  EXPECT_EQ(counts.reductions, 2U);
  expectToAgree(counts, store->pressureEvictions);
}

TEST_F(PressureCountsTest, AStoreThatIsNotGovernedHasOnlyRequests) {
  const auto fixed = add(1000 * kMiB, 1000 * kMiB, 0, false);
  tickAt(97);
  governor.hold(fixed.get(), PressureLevel::kCritical);
  EXPECT_EQ(eventsOf(*fixed), (Events{0, 0, 0, 0}));
  governor.apply(fixed.get(), PressureLevel::kHigh);
  const PressureCounts counts = fixed->history().counts();
  EXPECT_EQ(eventsOf(counts), (Events{0, 0, 0, 1}));
  EXPECT_EQ(counts[PressureCause::kRequest].evictions, 500U);
  EXPECT_EQ(counts.reductions, 1U);
}

TEST_F(PressureCountsTest, AStoreThatComesLateHasItsEventWithTheFirstSample) {
  const auto early = add(1000 * kMiB, 0);
  tickAt(90);
  const auto late = add(1000 * kMiB, 0);
  EXPECT_EQ(eventsOf(*late), (Events{0, 0, 0, 0}));
  tickAt(90);
  EXPECT_EQ(eventsOf(*late), (Events{0, 1, 0, 0}));
  EXPECT_EQ(eventsOf(*early), (Events{0, 1, 0, 0}));
}

TEST_F(PressureCountsTest, ALevelCostsWhatIsEvictedUntilTheNextRise) {
  const auto store = add(4000 * kMiB, 4000 * kMiB);
  tickAt(80);
  const uint64_t atElevated = store->pressureEvictions;
  EXPECT_GT(atElevated, 0U);
  tickAt(90);
  const uint64_t atHigh = store->pressureEvictions;
  EXPECT_GT(atHigh, atElevated);
  store->hold(store->budgetBytes());
  tickAt(80);
  EXPECT_EQ(governor.level(), PressureLevel::kElevated);
  const uint64_t afterTheFall = store->pressureEvictions;
  EXPECT_GT(afterTheFall, atHigh);
  const PressureCounts counts = store->history().counts();
  EXPECT_EQ(counts[PressureCause::kElevated].evictions, atElevated);
  EXPECT_EQ(counts[PressureCause::kHigh].evictions, afterTheFall - atElevated);
  EXPECT_EQ(counts.reductions, 3U);
  expectToAgree(counts, store->pressureEvictions);
}

TEST_F(PressureCountsTest, AReductionLowersABudgetOrEvicts) {
  const auto store = add(1000 * kMiB, 0);
  for (int i = 0; i < 3; i++) tickAt(96);
  EXPECT_EQ(store->history().counts().reductions, 1U) << "nothing is left to lower";
  for (int i = 0; i < 30; i++) {
    now += std::chrono::seconds(1);
    tickAt(10);
  }
  EXPECT_EQ(store->budgetBytes(), 1000 * kMiB);
  EXPECT_EQ(store->history().counts().reductions, 1U) << "a rise of the budget is none";
  store->hold(100 * kMiB);
  governor.hold(store.get(), PressureLevel::kCritical);
  const PressureCounts counts = store->history().counts();
  EXPECT_EQ(counts.reductions, 2U) << "the budget and the payload are one";
  EXPECT_EQ(counts[PressureCause::kCritical].evictions, 100U);
  EXPECT_EQ(store->pressureEvictions, 100U);
}

TEST(PressureHistory, IgnoresUnknownLevels) {
  PressureHistory history;
  history.see(PressureLevel::kUnknown);
  history.see(PressureLevel::kHigh);
  history.see(PressureLevel::kUnknown);
  history.see(PressureLevel::kHigh);
  EXPECT_EQ(eventsOf(history.counts()), (Events{0, 1, 0, 0}));
}

/// A store, and the counts that it should have.
struct Walked {
  std::shared_ptr<FakeStore> store;
  PressureLevel seen = PressureLevel::kNormal;
  PressureLevel held = PressureLevel::kNormal;
  Events events{};

  /// A store that is not governed counts only requests.
  void goTo(PressureLevel newSeen, PressureLevel newHeld) {
    if (!store->isGoverned()) return;
    const PressureLevel level = std::max(newSeen, newHeld);
    if (level > std::max(seen, held)) {
      ++events.at(static_cast<size_t>(level) - static_cast<size_t>(PressureLevel::kElevated));
    }
    seen = newSeen;
    held = newHeld;
  }
};

/// Stores under levels that rise and fall at random.
class RandomWalk {
 public:
  RandomWalk() {
    for (const bool ebbs : {true, true, false}) {
      const auto store = std::make_shared<FakeStore>(1000 * kMiB, 1000 * kMiB, 10 * kMiB, ebbs);
      budgets_.add(store);
      walked_.push_back({store});
    }
  }

  void step() {
    now_ += std::chrono::milliseconds(300);
    Walked& one = walked_[random_.below(walked_.size())];
    // The levels include unknown.
    const auto level = static_cast<PressureLevel>(random_.below(5));
    const bool known = level != PressureLevel::kUnknown;
    switch (random_.below(4)) {
      case 0:
        budgets_.hold(one.store.get(), level, options_);
        if (known) one.goTo(one.seen, level);
        break;
      case 1:
        budgets_.apply(one.store.get(), level, options_, now_);
        if (level > PressureLevel::kNormal) {
          ++one.events.at(static_cast<size_t>(PressureCause::kRequest));
        }
        break;
      case 2:
        one.store->hold(random_.below(one.store->budgetBytes() + 1));
        break;
      default:
        sample(level);
    }
  }

  void check() const {
    for (const Walked& each : walked_) {
      const PressureCounts counts = each.store->history().counts();
      expectToAgree(counts, each.store->pressureEvictions);
      EXPECT_EQ(eventsOf(counts), each.events);
    }
  }

  uint64_t evictions() const {
    uint64_t sum = 0;
    for (const Walked& each : walked_) sum += each.store->pressureEvictions;
    return sum;
  }

 private:
  /// This is what a tick of the governor does.
  void sample(PressureLevel level) {
    if (level == PressureLevel::kUnknown) return;
    for (Walked& each : walked_) each.goTo(level, each.held);
    if (level == PressureLevel::kNormal) {
      MemoryUsage usage;
      usage.system.limit = 10'000 * kMiB;
      budgets_.regrow(usage, options_, now_);
    } else {
      Assessment assessment;
      assessment.level = level;
      assessment.evictionTarget = random_.below(500 * kMiB);
      budgets_.shrink(assessment, options_.shares, now_ + options_.regrowInterval);
    }
    budgets_.waitForOrders();
  }

  test::SeededRandom random_{35};
  StoreBudgets budgets_;
  std::vector<Walked> walked_;
  const GovernorOptions options_;
  StoreBudgets::Clock::time_point now_;
};

TEST(PressureCounts, AgreeWhateverTheLevelsDo) {
  RandomWalk walk;
  for (uint64_t i = 0; i < test::scaled(20'000); i++) {
    walk.step();
    walk.check();
    if (::testing::Test::HasFailure()) FAIL() << "at step " << i;
  }
  EXPECT_GT(walk.evictions(), 1000U);
}

/// A thread that puts, and one each for the levels of a governor, a monitor and an operator.
class SharedUnderPressure {
 public:
  SharedUnderPressure() {
    SharedStoreOptions options;
    options.store.maxBytes = 4 * kMiB;
    shared_ = std::make_shared<SharedStore>(options, Store::open(options.store));
    budgets_.add(shared_);
  }

  void run() {
    std::atomic<bool> done{false};
    test::TestThread putter([&] {
      for (uint64_t i = 0; !done; i++) {
        shared_->store().put("key " + std::to_string(i % 20'000), std::string(300, 'v'));
      }
    });
    test::TestThread reader([&] {
      while (!done) check();
    });
    test::TestThread monitor([&] {
      eachLevel(36, [&](PressureLevel level) { budgets_.hold(shared_.get(), level, options_); });
    });
    test::TestThread operating([&] {
      eachLevel(37, [&](PressureLevel level) {
        budgets_.apply(shared_.get(), level, options_, StoreBudgets::Clock::now());
      });
    });
    eachLevel(38, [&](PressureLevel level) { sample(level); });
    monitor.join();
    operating.join();
    done = true;
    putter.join();
    reader.join();
    check();
  }

  uint64_t evictions() const { return shared_->stats().pressure.evictions(); }

 private:
  template <typename Call>
  static void eachLevel(uint64_t stream, Call&& call) {
    test::SeededRandom random(stream);
    for (uint64_t i = 0; i < test::scaled(600); i++) {
      call(static_cast<PressureLevel>(random.below(5)));
      std::this_thread::yield();
    }
  }

  void sample(PressureLevel level) {
    // A step up is due at each sample.
    now_ += options_.regrowInterval;
    if (level == PressureLevel::kNormal) {
      MemoryUsage usage;
      usage.system.limit = 10'000 * kMiB;
      budgets_.regrow(usage, options_, now_);
    } else if (level > PressureLevel::kNormal) {
      Assessment assessment;
      assessment.level = level;
      budgets_.shrink(assessment, options_.shares, now_);
    }
    budgets_.waitForOrders();
  }

  void check() const {
    const SharedStoreStats stats = shared_->stats();
    expectToAgree(stats.pressure, stats.store.pressureEvictions);
    EXPECT_LE(stats.store.pressureEvictions, stats.store.evictions);
  }

  std::shared_ptr<SharedStore> shared_;
  StoreBudgets budgets_;
  const GovernorOptions options_;
  // A day ahead of the real clock, which the operator uses.
  StoreBudgets::Clock::time_point now_ = StoreBudgets::Clock::now() + std::chrono::hours(24);
};

TEST(PressureCounts, AgreeAtAllTimesWhileOthersPut) {
  SharedUnderPressure pressure;
  pressure.run();
  EXPECT_GT(pressure.evictions(), 0U);
}

}  // namespace
}  // namespace ebbcache::testing
