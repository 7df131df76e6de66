// A governor whose ticks the test makes.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "pressure/governor.h"
#include "pressure_fakes.h"

namespace ebbcache::testing {

/// The test makes all ticks: the thread samples once when the first store comes, then sleeps for an
/// hour.
class GovernorTest : public ::testing::Test {
 public:
  GovernorTest() : governor(byHand(), inputsOf(machine)) {}

  static GovernorOptions byHand() {
    GovernorOptions options;
    options.interval = options.longestInterval = options.upkeepInterval = std::chrono::hours(1);
    return options;
  }

  /// Adds a store while the machine cannot be read, so that the thread's own sample changes
  /// nothing.
  std::shared_ptr<FakeStore> add(uint64_t max, uint64_t held, uint64_t min = 0,
                                 bool ebbing = true) {
    auto store = std::make_shared<FakeStore>(max, held, min, ebbing);
    store->machine = machine;
    machine->setFailing(true);
    const bool first = stores.empty();
    governor.add(store);
    stores.push_back(store);
    while (first && store->maintained == 0) std::this_thread::yield();
    // The thread's sample has ended once a tick of the test gets the lock.
    governor.tick(now);
    machine->setFailing(false);
    return store;
  }

  void tickAt(double percent) {
    machine->setPercent(percent);
    tick();
  }
  void tick() {
    now += std::chrono::milliseconds(100);
    governor.tick(now);
  }

  /// The thread's first sample with these options changes nothing either.
  void reconfigure(const GovernorOptions& options) {
    machine->setFailing(true);
    const uint64_t before = governor.status().samples;
    governor.configure(options, inputsOf(machine));
    while (governor.status().samples == before) std::this_thread::yield();
    machine->setFailing(false);
  }

  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>(10'000 * kMiB);
  Governor governor;
  // A day ahead of the real clock, which the thread's own sample used.
  Governor::Clock::time_point now = Governor::Clock::now() + std::chrono::hours(24);
  std::vector<std::shared_ptr<FakeStore>> stores;
};

}  // namespace ebbcache::testing
