// All operations on several stores by several threads, under a governor whose machine goes through
// all levels, with memory that is refused and growth that is denied now and then. After each round
// all threads stop; then model, store and memory must agree.
//
//   EBBCACHE_STRESS_SEED       the seed of the first run; each run prints its own
//   EBBCACHE_STRESS_SECONDS    how long to go on, 2 by default
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "heap_faults.h"
#include "pressure_fakes.h"
#include "stress_store.h"
#include "stress_threads.h"
#include "supply_fixture.h"

namespace ebbcache::test {
namespace {

using ebbcache::testing::FakeMachine;
using ebbcache::testing::inputsOf;

uint64_t numberFrom(const char* variable, uint64_t otherwise) {
  const char* const given = std::getenv(variable);
  return given != nullptr ? std::strtoull(given, nullptr, 0) : otherwise;
}

GovernorOptions eagerOptions() {
  using std::chrono::milliseconds;
  GovernorOptions options;
  options.interval = milliseconds(2);
  options.longestInterval = options.upkeepInterval = milliseconds(5);
  options.regrowInterval = milliseconds(10);
  options.regrowStep = 0.25;
  return options;
}

/// Some stores, their environments, and the threads that use them.
class StressWorld {
 public:
  explicit StressWorld(uint64_t seed)
      : seed_(seed),
        random_(seed, 0),
        alone_(random_.oneIn(4)),
        governor_(eagerOptions(), inputsOf(machine_)) {
    runtime_->governor().configure(eagerOptions(), inputsOf(machine_));
    const uint64_t stores = 2 + random_.below(3);
    for (uint64_t i = 0; i < stores; ++i) stores_.push_back(openStore(i));
  }

  ~StressWorld() {
    for (const auto& each : stores_) {
      if (each->shared()) governor_.remove(each->shared().get());
    }
    stores_.clear();
  }
  StressWorld(const StressWorld&) = delete;
  StressWorld& operator=(const StressWorld&) = delete;

  void run() {
    const uint64_t rounds = 3;
    for (uint64_t round = 0; round < rounds && verdict_.ok(); ++round) {
      for (const auto& each : stores_) {
        if (each->shared()) governor_.add(each->shared());
      }
      startThreads(round);
      for (std::thread& thread : threads_) thread.join();
      threads_.clear();
      checkAtRest();
    }
  }

  const StressVerdict& verdict() const { return verdict_; }
  uint64_t hits() const { return hits_; }

 private:
  static constexpr uint64_t kWriters = 2;

  std::unique_ptr<StressStore> openStore(uint64_t number) {
    StressSettings settings;
    settings.name = "store " + std::to_string(number);
    settings.maxBytes = random_.magnitude(kMinBudgetBytes, 64 * kMiB);
    settings.policy = random_.oneIn(2) ? Policy::kLru : Policy::kS3Fifo;
    settings.keys = 2 * random_.magnitude(4, 4000);
    settings.ttlOneIn = random_.magnitude(2, 500);
    settings.maxEntries = random_.oneIn(5) ? 1 + random_.below(settings.keys) : 0;
    if (random_.oneIn(4)) return std::make_unique<StressStore>(settings, *runtime_, verdict_);
    SlabSupply* const supply = random_.oneIn(2) ? &supply_ : nullptr;
    return std::make_unique<StressStore>(settings, governor_, supply, verdict_);
  }

  /// With one worker thread, only the governor and the supply run beside it.
  void startThreads(uint64_t round) {
    const uint64_t steps = scaled(3000);
    const auto stream = [this, round](uint64_t thread) {
      return StressRandom(seed_, 100 * round + thread);
    };
    if (alone_) {
      threads_.emplace_back([this, stream, steps] {
        StressWriter even(0, kWriters, stream(1));
        StressWriter odd(1, kWriters, stream(2));
        StressReader reader(stream(3));
        StressDisturber disturber(stream(4), *machine_);
        use(stream(5), steps, [&](StressStore& at, Store& store, uint64_t step) {
          even.step(at, store);
          odd.step(at, store);
          reader.step(at, store);
          if (step % 10 == 0) disturber.step(at, store, governor_);
        });
      });
      return;
    }
    for (uint64_t part = 0; part < kWriters; ++part) {
      threads_.emplace_back([this, stream, steps, part] {
        StressWriter writer(part, kWriters, stream(10 + part));
        use(stream(20 + part), steps,
            [&](StressStore& at, Store& store, uint64_t) { writer.step(at, store); });
      });
      threads_.emplace_back([this, stream, steps, part] {
        StressReader reader(stream(30 + part));
        use(stream(40 + part), steps,
            [&](StressStore& at, Store& store, uint64_t) { reader.step(at, store); });
      });
    }
    threads_.emplace_back([this, stream, steps] {
      StressDisturber disturber(stream(50), *machine_);
      use(stream(51), steps / 8,
          [&](StressStore& at, Store& store, uint64_t) { disturber.step(at, store, governor_); });
    });
  }

  /// Calls `step` with one of the stores repeatedly; stores of the runtime are used through the
  /// thread's own handles.
  template <typename Step>
  void use(StressRandom random, uint64_t steps, const Step& step) {
    std::vector<StoreHandle> handles(stores_.size());
    for (uint64_t i = 0; i < steps && verdict_.ok(); ++i) {
      const uint64_t number = random.below(stores_.size());
      StressStore& at = *stores_[number];
      if (!at.isOfRuntime()) {
        step(at, at.store(), i);
        continue;
      }
      StoreHandle& handle = handles[number];
      if (!handle) handle = at.openHandle();
      if (!handle) return;
      step(at, handle.memory(), i);
      if (random.oneIn(200)) handle.close();
    }
  }

  void checkAtRest() {
    for (const auto& each : stores_) {
      if (each->shared()) governor_.remove(each->shared().get());
    }
    for (const auto& each : stores_) {
      if (each->hasSupply) drain(supply_, each->memory()->requests);
    }
    ValueReader reader;
    for (const auto& each : stores_) {
      if (!verdict_.ok()) return;
      each->checkAtRest();
      hits_ += each->store().stats().hits;
      // Refusals and denials stay the same in the next round, except for some of the stores.
      if (!verdict_.ok() || random_.oneIn(2)) continue;
      machine_->setPercent(10);
      machine_->setFailing(false);
      machine_->setGroup(std::nullopt);
      each->growthDenied = false;
      if (each->memory() != nullptr) each->memory()->grantAll();
      each->store().setBudget(each->store().budgetBytes(), UINT64_MAX);
      each->checkRecovery(reader);
      if (each->hasSupply) drain(supply_, each->memory()->requests);
      each->checkAtRest();
      if (random_.oneIn(4)) emptyAndCheck(*each);
    }
  }

  void emptyAndCheck(StressStore& each) {
    each.clear();
    for (uint64_t id = 0; id < each.model.size(); ++id) each.model.removed(id);
    each.checkAtRest();
    if (each.store().stats().entries != 0) each.model.fail("There are entries after a clear.");
  }

  const uint64_t seed_;
  StressRandom random_;
  const bool alone_;
  StressVerdict verdict_;
  std::shared_ptr<FakeMachine> machine_ = std::make_shared<FakeMachine>(100'000 * kMiB);
  std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>();
  SlabSupply supply_;
  Governor governor_;
  std::vector<std::unique_ptr<StressStore>> stores_;
  std::vector<TestThread> threads_;
  uint64_t hits_ = 0;
};

TEST(StoreStress, AgreesWithItsModelWhateverHappens) {
  using Clock = std::chrono::steady_clock;
  const uint64_t first = numberFrom("EBBCACHE_STRESS_SEED", 1);
  const auto end = Clock::now() + std::chrono::seconds(numberFrom("EBBCACHE_STRESS_SECONDS", 2));
  uint64_t seed = first;
  uint64_t hits = 0;
  do {
    // The seed is printed first, because a run that crashes prints nothing more.
    std::cout << "World of the seed " << seed << std::endl;
    StressWorld world(seed);
    world.run();
    ASSERT_TRUE(world.verdict().ok())
        << world.verdict().what() << "\nTo repeat: EBBCACHE_STRESS_SEED=" << seed;
    hits += world.hits();
    ++seed;
  } while (Clock::now() < end);
  EXPECT_GT(hits, 0U);
}

}  // namespace
}  // namespace ebbcache::test
