// The contract on recorded Linux machines, and the numbers that each of them must read as.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include "memory_contract.h"
#include "recorded_machine.h"

namespace ebbcache::testing {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
/// Most of the trees have this memory: 16 GB with 9.4 GiB available.
constexpr MemoryBound kServer{16283124 * kKiB, (16283124 - 9876544) * kKiB};

/// Most of the trees with swap have this swap.
constexpr SwapUsage kServerSwap{4194300 * kKiB, 165 * kMiB};
constexpr SwapUsage kNoSwap{};

struct Readable {
  std::string name;
  MemoryBound system;
  std::optional<MemoryBound> group;
  SwapUsage swap;
  std::optional<PsiAverages> groupPsi;
};

struct Broken {
  std::string name;
  /// The file that the error names.
  std::string file;
  /// The end of the sentence "The file ... ".
  std::string why;
};

const std::vector<Readable>& readableMachines() {
  static const std::vector<Readable> kMachines{
      {"docker-v1", kServer, MemoryBound{512 * kMiB, 214740992}, {512 * kMiB, 0}, {}},
      {"docker-v2",
       kServer,
       MemoryBound{512 * kMiB, 267194368},
       {512 * kMiB, 6 * kMiB},
       PsiAverages{1.27, 0.44}},
      // The group may not swap, though the machine has room for it.
      {"docker-v2-host-namespace", kServer, MemoryBound{256 * kMiB, 114868224}, kNoSwap,
       PsiAverages{}},
      {"kubernetes-v1-pod", kServer, MemoryBound{1024 * kMiB, 607399936}, kNoSwap, {}},
      {"kubernetes-v2-pod", kServer, MemoryBound{1024 * kMiB, 606662656}, kNoSwap,
       PsiAverages{0.83, 0.2}},
      {"kubernetes-v2-pod-tighter", kServer, MemoryBound{1024 * kMiB, 898416640}, kNoSwap,
       PsiAverages{0.83, 0.2}},
      // The container's own limit is its MemTotal; within it the service has a limit.
      {"lxc",
       {2048 * kMiB, 365928448},
       MemoryBound{1024 * kMiB, 284606464},
       kNoSwap,
       PsiAverages{}},
      {"systemd-service",
       kServer,
       MemoryBound{768 * kMiB, 549765120},
       {256 * kMiB, 120 * kMiB},
       PsiAverages{4.02, 2.75}},
      // The limit of memory is v1's, the stalls are v2's. Only the machine bounds the swap.
      {"hybrid", kServer, MemoryBound{1024 * kMiB, 403701760}, kServerSwap, PsiAverages{2.1, 0.9}},
      {"unlimited-v1", kServer, {}, kServerSwap, {}},
      {"unlimited-v2", kServer, {}, kServerSwap, PsiAverages{}},
      {"bare-metal", kServer, {}, kServerSwap, {}},
      {"gvisor", {2048 * kMiB, 448 * kMiB}, MemoryBound{1024 * kMiB, 448 * kMiB}, kNoSwap, {}},
      {"usage-above-limit", kServer, MemoryBound{512 * kMiB, 512 * kMiB}, kNoSwap, PsiAverages{}},
      // The sum of the lists of anonymous pages and the kernel memory in memory.stat.
      {"inactive-above-usage", kServer, MemoryBound{512 * kMiB, 182238016}, kNoSwap, PsiAverages{}},
      {"truncated-stat", kServer, MemoryBound{512 * kMiB, 300 * kMiB}, kNoSwap, PsiAverages{}},
      {"no-mem-available", {8054844 * kKiB, 3291993088}, {}, {4194300 * kKiB, 0}, {}},
  };
  return kMachines;
}

const std::vector<Broken>& brokenMachines() {
  static const std::vector<Broken> kMachines{
      {"missing-meminfo", "proc/meminfo", "cannot be read: No such file or directory"},
      {"truncated-meminfo", "proc/meminfo", "has neither a usable MemAvailable nor a MemFree"},
      {"overflow-meminfo", "proc/meminfo", "has a malformed MemTotal"},
      {"no-memory", "proc/meminfo", "says that MemTotal is 0"},
      {"malformed-limit", "cgroup/memory.max", "does not hold a number of bytes"},
      {"overflow-limit", "cgroup/memory.max", "does not hold a number of bytes"},
      {"limit-zero", "cgroup/memory.max", "says 0, a limit that no process can run under"},
      {"empty-high", "cgroup/memory.high", "does not hold a number of bytes"},
      {"missing-usage", "cgroup/memory.current", "cannot be read: No such file or directory"},
      {"overflow-usage", "cgroup/memory.current", "does not hold a number of bytes"},
      {"truncated-stat-value", "cgroup/memory.stat", "has a malformed inactive_file"},
      {"malformed-v1-limit", "cgroup/memory/memory.limit_in_bytes",
       "does not hold a number of bytes"},
      {"truncated-statm", "proc/self/statm", "does not begin with two numbers of pages"},
      {"malformed-pressure", "proc/pressure/memory", "has malformed averages"},
  };
  return kMachines;
}

void PrintTo(const Readable& machine, std::ostream* out) {
  *out << machine.name;
}
void PrintTo(const Broken& machine, std::ostream* out) {
  *out << machine.name;
}

/// Test names have no dashes.
template <typename Named>
std::string testNameOf(const ::testing::TestParamInfo<Named>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void expectEqual(const MemoryBound& actual, const MemoryBound& expected) {
  EXPECT_EQ(actual.limit, expected.limit);
  EXPECT_EQ(actual.used, expected.used);
}

void expectEqual(const SwapUsage& actual, const SwapUsage& expected) {
  EXPECT_EQ(actual.limit, expected.limit);
  EXPECT_EQ(actual.used, expected.used);
}

void expectEqual(const PsiAverages& actual, const PsiAverages& expected) {
  EXPECT_DOUBLE_EQ(actual.someAvg10, expected.someAvg10);
  EXPECT_DOUBLE_EQ(actual.fullAvg10, expected.fullAvg10);
}

class ReadableMachine : public ::testing::TestWithParam<Readable> {};

TEST_P(ReadableMachine, ReadsAsExpected) {
  const Readable& expected = GetParam();
  const RecordedMachine machine(expected.name);
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(openMemoryReader(machine.roots())->readSnapshot(snapshot, error)) << error;
  expectEqual(snapshot.usage.system, expected.system);
  ASSERT_EQ(snapshot.usage.group.has_value(), expected.group.has_value());
  if (expected.group) {
    expectEqual(snapshot.usage.group.value_or(MemoryBound{}), *expected.group);
  }
  ASSERT_TRUE(snapshot.swap.has_value());
  expectEqual(snapshot.swap.value_or(SwapUsage{}), expected.swap);
  ASSERT_EQ(snapshot.groupPsi.has_value(), expected.groupPsi.has_value());
  if (expected.groupPsi) {
    expectEqual(snapshot.groupPsi.value_or(PsiAverages{}), *expected.groupPsi);
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, ReadableMachine, ::testing::ValuesIn(readableMachines()),
                         testNameOf<Readable>);

class BrokenMachine : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenMachine, NamesTheFileAndLeavesTheSnapshotAlone) {
  const Broken& expected = GetParam();
  const RecordedMachine machine(expected.name);
  const auto reader = openMemoryReader(machine.roots());
  for (int i = 0; i < 2; ++i) {
    MemorySnapshot snapshot;
    snapshot.usage.system = MemoryBound{4711, 47};
    snapshot.usage.group = MemoryBound{471, 4};
    std::string error;
    EXPECT_FALSE(reader->readSnapshot(snapshot, error));
    EXPECT_EQ(error, "The file " + machine.tree.path(expected.file) + " " + expected.why + ".");
    expectEqual(snapshot.usage.system, MemoryBound{4711, 47});
    expectEqual(snapshot.usage.group.value_or(MemoryBound{}), MemoryBound{471, 4});
  }
}

TEST_P(BrokenMachine, ReadsOnceTheFileIsAsItShouldBe) {
  const Broken& expected = GetParam();
  const RecordedMachine machine(expected.name);
  const RecordedMachine whole(expected.name == "malformed-v1-limit" ? "docker-v1" : "docker-v2");
  const auto reader = openMemoryReader(machine.roots());
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_FALSE(reader->readSnapshot(snapshot, error));
  std::filesystem::copy_file(whole.tree.path(expected.file), machine.tree.path(expected.file),
                             std::filesystem::copy_options::overwrite_existing);
  error.clear();
  EXPECT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  expectEqual(snapshot.usage.system, kServer);
  EXPECT_EQ(snapshot.usage.group.value_or(MemoryBound{}).limit, 512 * kMiB);
}

INSTANTIATE_TEST_SUITE_P(Recorded, BrokenMachine, ::testing::ValuesIn(brokenMachines()),
                         testNameOf<Broken>);

TEST(RecordedMachines, AreAllExpectedToReadAsSomething) {
  std::set<std::string> expected;
  for (const Readable& machine : readableMachines()) expected.insert(machine.name);
  for (const Broken& machine : brokenMachines()) expected.insert(machine.name);
  std::set<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(EBBCACHE_TEST_MACHINES)) {
    found.insert(file.path().stem().string());
  }
  EXPECT_EQ(found, expected);
}

std::function<std::unique_ptr<Machine>()> makerOf(const std::string& name) {
  return [name] { return std::make_unique<RecordedMachine>(name); };
}

std::vector<NamedMachine> contractMachines() {
  std::vector<NamedMachine> machines;
  for (const Readable& each : readableMachines()) {
    machines.push_back({each.name, makerOf(each.name)});
  }
  return machines;
}

INSTANTIATE_TEST_SUITE_P(Recorded, MemoryContract, ::testing::ValuesIn(contractMachines()),
                         testNameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(Recorded, MemoryFailureContract, ::testing::ValuesIn(contractMachines()),
                         testNameOf<NamedMachine>);

/// A watch need not find any file that it can listen to.
std::vector<NamedWatch> contractWatches() {
  std::vector<NamedWatch> watches;
  for (const char* const name : {"bare-metal", "systemd-service", "hybrid", "malformed-pressure"}) {
    watches.push_back({name, makerOf(name), openPressureWatch});
  }
  return watches;
}

INSTANTIATE_TEST_SUITE_P(Recorded, PressureWatchContract, ::testing::ValuesIn(contractWatches()),
                         testNameOf<NamedWatch>);

}  // namespace
}  // namespace ebbcache::testing
