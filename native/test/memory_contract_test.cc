#include "memory_contract.h"

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include "heap_faults.h"
#include "memory/system_bound.h"
#include "memory/timed_watch.h"
#include "open_handles.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::unique_ptr<Machine> thisMachine() {
  return std::make_unique<Machine>();
}

void expectBound(const MemoryBound& bound) {
  EXPECT_GT(bound.limit, 0U);
  EXPECT_LE(bound.used, bound.limit);
  EXPECT_EQ(bound.available(), bound.limit - bound.used);
  EXPECT_GE(bound.percentUsed(), 0.0);
  EXPECT_LE(bound.percentUsed(), 100.0);
}

void expectUsage(const MemoryUsage& usage) {
  expectBound(usage.system);
  if (!usage.group) return;
  expectBound(*usage.group);
  EXPECT_LT(usage.group->limit, usage.system.limit);
}

void expectAverages(const std::optional<PsiAverages>& averages) {
  if (!averages) return;
  for (const double percent : {averages->someAvg10, averages->fullAvg10}) {
    EXPECT_GE(percent, 0.0);
    EXPECT_LE(percent, 100.0);
  }
}

void expectSameLimits(const MemoryUsage& a, const MemoryUsage& b) {
  EXPECT_EQ(a.system.limit, b.system.limit);
  ASSERT_EQ(a.group.has_value(), b.group.has_value());
  if (a.group && b.group) {
    EXPECT_EQ(a.group->limit, b.group->limit);
  }
}

bool isSentence(const std::string& text) {
  return text.size() > 1 && text.back() == '.' && text.find('\n') == std::string::npos;
}

TEST_P(MemoryContract, UsageStaysWithinItsBounds) {
  MemoryUsage usage;
  std::string error;
  ASSERT_TRUE(reader->readUsage(usage, error)) << error;
  expectUsage(usage);
}

TEST_P(MemoryContract, SnapshotStaysWithinItsBounds) {
  const MemorySnapshot snapshot = mustRead(*reader);
  expectUsage(snapshot.usage);
  EXPECT_GT(snapshot.processRss, 0U);
  EXPECT_LE(snapshot.processRss, snapshot.processVirtual);
  if (snapshot.swap) {
    EXPECT_LE(snapshot.swap->used, snapshot.swap->limit);
  }
  expectAverages(snapshot.psi);
  expectAverages(snapshot.groupPsi);
}

TEST_P(MemoryContract, SnapshotAgreesWithUsage) {
  MemoryUsage usage;
  std::string error;
  ASSERT_TRUE(reader->readUsage(usage, error)) << error;
  expectSameLimits(usage, mustRead(*reader).usage);
}

TEST_P(MemoryContract, ReadersInTwoThreadsDoNotDisturbEachOther) {
  constexpr int kReads = 200;
  const MemorySnapshot expected = mustRead(*reader);
  std::atomic<bool> go{false};
  std::vector<std::vector<MemorySnapshot>> read(2);
  std::vector<test::TestThread> threads;
  for (auto& snapshots : read) {
    threads.emplace_back([&] {
      const auto own = open();
      while (!go) std::this_thread::yield();
      for (int i = 0; i < kReads; ++i) snapshots.push_back(mustRead(*own));
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  for (const auto& snapshots : read) {
    ASSERT_EQ(snapshots.size(), size_t{kReads});
    for (const MemorySnapshot& snapshot : snapshots) {
      expectUsage(snapshot.usage);
      expectSameLimits(snapshot.usage, expected.usage);
    }
  }
}

TEST_P(MemoryContract, AHundredReadsLeaveAsManyHandlesAsTen) {
  for (int i = 0; i < 10; ++i) mustRead(*reader);
  const size_t before = countOpenHandles();
  ASSERT_GT(before, 0U);
  for (int i = 0; i < 90; ++i) mustRead(*reader);
  EXPECT_EQ(countOpenHandles(), before);
}

TEST_P(MemoryContract, AHundredReadersLeaveNoHandlesBehind) {
  mustRead(*open());
  const size_t before = countOpenHandles();
  for (int i = 0; i < 100; ++i) mustRead(*open());
  EXPECT_EQ(countOpenHandles(), before);
}

TEST_P(MemoryFailureContract, FailsWithASentenceAndRecovers) {
  const MemorySnapshot good = mustRead(*reader);
  for (int round = 0; round < 3; ++round) {
    machine->breakIt();
    MemorySnapshot snapshot;
    snapshot.usage.system = MemoryBound{4711, 47};
    snapshot.processRss = 11;
    std::string error;
    EXPECT_FALSE(reader->readSnapshot(snapshot, error));
    EXPECT_EQ(snapshot.usage.system.limit, 4711U);
    EXPECT_EQ(snapshot.usage.system.used, 47U);
    EXPECT_EQ(snapshot.processRss, 11U);
    EXPECT_FALSE(snapshot.usage.group.has_value());
    EXPECT_TRUE(isSentence(error)) << error;
    error.clear();
    EXPECT_FALSE(reader->readUsage(snapshot.usage, error));
    EXPECT_EQ(snapshot.usage.system.limit, 4711U);
    EXPECT_TRUE(isSentence(error)) << error;
    machine->mend();
    expectSameLimits(mustRead(*reader).usage, good.usage);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MemoryFailureContract);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MemoryContract);
INSTANTIATE_TEST_SUITE_P(Here, MemoryContract,
                         ::testing::Values(NamedMachine{"ThisMachine", thisMachine}),
                         nameOf<NamedMachine>);

TEST_P(PressureWatchContract, ReturnsAfterItsTime) {
  const auto watch = open();
  for (const int time : {-1, 0, 1, 20}) watch->wait(milliseconds(time));
}

TEST_P(PressureWatchContract, AWakeEndsTheNextWait) {
  const auto watch = open();
  watch->wake();
  watch->wait(hours(1));
}

TEST_P(PressureWatchContract, AWakeFromAnotherThreadEndsTheWait) {
  const auto watch = open();
  std::atomic<bool> woken{false};
  test::TestThread waiter([&] {
    while (!woken) watch->wait(hours(1));
  });
  // The pause lets the wait begin; a wake that comes sooner ends it just as well.
  std::this_thread::sleep_for(milliseconds(20));
  woken = true;
  watch->wake();
  waiter.join();
}

TEST_P(PressureWatchContract, EachOfTenThousandWakesEndsAWait) {
  const auto watch = open();
  for (int i = 0; i < 10'000; ++i) {
    watch->wake();
    watch->wait(hours(1));
  }
}

TEST_P(PressureWatchContract, TenThousandWakesOfABusyThreadLoseNotTheLast) {
  const auto watch = open();
  std::atomic<bool> done{false};
  test::TestThread waiter([&] {
    while (!done) watch->wait(hours(1));
  });
  for (int i = 0; i < 10'000; ++i) watch->wake();
  done = true;
  watch->wake();
  waiter.join();
}

TEST_P(PressureWatchContract, EndsWithoutAnyWait) {
  for (const bool woken : {false, true}) {
    const auto watch = open();
    ASSERT_NE(watch, nullptr);
    if (woken) watch->wake();
  }
}

TEST_P(PressureWatchContract, AHundredWatchesLeaveNoHandlesBehind) {
  open()->wait(milliseconds(0));
  const size_t before = countOpenHandles();
  for (int i = 0; i < 100; ++i) open()->wait(milliseconds(0));
  EXPECT_EQ(countOpenHandles(), before);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PressureWatchContract);
INSTANTIATE_TEST_SUITE_P(Here, PressureWatchContract,
                         ::testing::Values(NamedWatch{"ThisMachine", thisMachine,
                                                      openPressureWatch},
                                           NamedWatch{"Timed", thisMachine,
                                                      [](const MemoryRoots&) {
                                                        return std::make_unique<TimedWatch>();
                                                      }}),
                         nameOf<NamedWatch>);

TEST(SystemBound, TakesWhatCanBe) {
  MemoryBound bound;
  std::string error;
  ASSERT_TRUE(toSystemBound("a call", 1000, 400, bound, error)) << error;
  EXPECT_EQ(bound.limit, 1000U);
  EXPECT_EQ(bound.used, 600U);
  ASSERT_TRUE(toSystemBound("a call", 1000, 0, bound, error)) << error;
  EXPECT_EQ(bound.used, 1000U);
  ASSERT_TRUE(toSystemBound("a call", 1000, 1000, bound, error)) << error;
  EXPECT_EQ(bound.used, 0U);
}

TEST(SystemBound, RefusesWhatCannotBe) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  MemoryBound bound{4711, 47};
  std::string error;
  EXPECT_FALSE(toSystemBound("a call", 0, 0, bound, error));
  EXPECT_EQ(error, "a call says that 0 of 0 bytes are available.");
  EXPECT_FALSE(toSystemBound("a call", 1000, 1001, bound, error));
  EXPECT_EQ(error, "a call says that 1001 of 1000 bytes are available.");
  EXPECT_FALSE(toSystemBound("a call", 1000, kMax, bound, error));
  EXPECT_EQ(bound.limit, 4711U);
  EXPECT_EQ(bound.used, 47U);
}

}  // namespace
}  // namespace ebbcache::testing
