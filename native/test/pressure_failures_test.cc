// Exceptions in the work of the governor, as where the heap is exhausted: they are counted, and end
// nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include "governor_fixture.h"
#include "pressure/growth_guard.h"
#include "pressure_fakes.h"

namespace ebbcache::testing {
namespace {

using std::chrono::milliseconds;

/// Reads a machine, or throws.
class ThrowingReader final : public FakeReader {
 public:
  ThrowingReader(std::shared_ptr<FakeMachine> machine, std::shared_ptr<std::atomic<bool>> throws)
      : FakeReader(std::move(machine)), throws_(std::move(throws)) {}
  bool readUsage(MemoryUsage& out, std::string& error) override {
    const bool read = FakeReader::readUsage(out, error);
    if (*throws_) throw std::bad_alloc();
    return read;
  }

 private:
  std::shared_ptr<std::atomic<bool>> throws_;
};

class ThrowingWatch final : public PressureWatch {
 public:
  Stalls wait(std::chrono::milliseconds /*timeout*/) override { throw std::bad_alloc(); }
  void wake() override {}
};

/// A store whose upkeep throws.
class StoreOfThrowingUpkeep final : public FakeStore {
 public:
  using FakeStore::FakeStore;
  Upkeep maintain(Waiting /*waiting*/) override { throw std::bad_alloc(); }
};

struct ThrowingEyes {
  GovernorInputs inputs() const {
    return {std::make_unique<ThrowingReader>(machine, throws),
            std::make_unique<ThrowingReader>(machine, throws), std::make_unique<TimedWatch>()};
  }
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>();
  std::shared_ptr<std::atomic<bool>> throws = std::make_shared<std::atomic<bool>>(false);
};

TEST(GovernorFailures, ASampleThatThrowsIsAFailedOne) {
  const ThrowingEyes at;
  Governor governor(GovernorTest::byHand(), at.inputs());
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(store);
  while (governor.status().samples == 0) std::this_thread::yield();
  at.machine->setPercent(96);
  *at.throws = true;
  const auto now = Governor::Clock::now();
  governor.tick(now);
  const GovernorStatus status = governor.status();
  EXPECT_EQ(status.failedReads, 1U);
  EXPECT_NE(status.lastFailure, "");
  EXPECT_EQ(governor.level(), PressureLevel::kUnknown);
  EXPECT_EQ(store->budgetBytes(), 100 * kMiB);
  *at.throws = false;
  governor.tick(now);
  EXPECT_EQ(store->budgetBytes(), 0U);
  EXPECT_EQ(governor.status().failedReads, 1U);
}

TEST(GovernorFailures, AReadingForGrowthThatThrowsLeavesTheLastAnswer) {
  const ThrowingEyes at;
  GrowthGuard guard(85, std::make_unique<ThrowingReader>(at.machine, at.throws));
  at.machine->setPercent(90);
  *at.throws = true;
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, {})) << "there is none yet";
  *at.throws = false;
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, {}));
  *at.throws = true;
  at.machine->setPercent(10);
  EXPECT_FALSE(guard.mayGrow(2 * kMiB, {}));
  EXPECT_EQ(guard.failedReads(), 2U);
  *at.throws = false;
  EXPECT_TRUE(guard.mayGrow(2 * kMiB, {}));
  EXPECT_EQ(guard.failedReads(), 2U);
}

TEST(GovernorFailures, AWatchThatThrowsEndsNoSampling) {
  auto machine = std::make_shared<FakeMachine>();
  GovernorOptions options;
  options.interval = options.longestInterval = milliseconds(1);
  Governor governor(options, inputsOf(machine, std::make_unique<ThrowingWatch>()));
  auto store = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(store);
  while (governor.status().samples < 3) std::this_thread::yield();
  machine->setPercent(96);
  while (store->budgetBytes() > 0) std::this_thread::yield();
  EXPECT_GE(governor.status().failedReads, 2U);
  EXPECT_NE(governor.status().lastFailure.find("bad_alloc"), std::string::npos);
}

TEST(GovernorFailures, UpkeepThatThrowsKeepsNoOtherFromItsTurn) {
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(GovernorTest::byHand(), inputsOf(machine));
  auto throwing = std::make_shared<StoreOfThrowingUpkeep>(100 * kMiB, 100 * kMiB);
  auto other = std::make_shared<FakeStore>(100 * kMiB, 100 * kMiB);
  governor.add(throwing);
  while (governor.status().samples == 0) std::this_thread::yield();
  governor.add(other);
  const uint64_t failures = governor.status().failedReads;
  machine->setPercent(96);
  governor.tick(Governor::Clock::now());
  EXPECT_EQ(other->maintained, 1);
  EXPECT_EQ(other->budgetBytes(), 0U);
  EXPECT_EQ(throwing->budgetBytes(), 0U);
  EXPECT_EQ(governor.status().failedReads, failures + 1);
  EXPECT_NE(governor.status().lastFailure, "");
}

TEST(GovernorFailures, ALongSentenceIsCut) {
  class VerboseReader final : public FakeReader {
   public:
    using FakeReader::FakeReader;
    bool readUsage(MemoryUsage& /*out*/, std::string& error) override {
      error.assign(100'000, 'x');
      return false;
    }
  };
  auto machine = std::make_shared<FakeMachine>();
  Governor governor(GovernorTest::byHand(), {std::make_unique<VerboseReader>(machine), nullptr,
                                             std::make_unique<TimedWatch>()});
  governor.tick(Governor::Clock::now());
  EXPECT_EQ(governor.status().lastFailure.find_first_not_of('x'), std::string::npos);
  EXPECT_GE(governor.status().lastFailure.size(), 100U);
  EXPECT_LE(governor.status().lastFailure.size(), 1000U);
}

}  // namespace
}  // namespace ebbcache::testing
