#include <gtest/gtest.h>
#include <unistd.h>

#include "memory/linux/paced_psi.h"
#include "memory/linux/psi.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

std::string psiText(const std::string& some) {
  return "some avg10=" + some +
         " avg60=0.00 avg300=0.00 total=9\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=4\n";
}

MemorySnapshot snapshotOf(MemoryReader& reader) {
  MemorySnapshot snapshot;
  std::string error;
  EXPECT_TRUE(reader.readSnapshot(snapshot, error)) << error;
  return snapshot;
}

/// Returns -1 where there is none.
double groupSomeOf(const LinuxMachine& machine) {
  const auto psi = snapshotOf(*machine.open()).groupPsi;
  return psi ? psi->someAvg10 : -1;
}

TEST(LinuxPsi, ReadsTheTotalOfTheLineOfSome) {
  EXPECT_EQ(parsePsiTotal(psiText("1.00")), 9U);
  EXPECT_EQ(parsePsiTotal("full avg10=0.00 total=5\nsome total=18446744073709551615"), UINT64_MAX);
  for (const char* const bad :
       {"", "some", "full total=5\n", "some total=\n", "some total=-1\n", "some avg10=1\n"}) {
    EXPECT_FALSE(parsePsiTotal(bad).has_value()) << bad;
  }
}

TEST(LinuxPsi, IsReadOnceInTwoSeconds) {
  const FileTree tree;
  tree.write("memory", psiText("1.50"));
  PacedPsi psi(tree.path("memory"));
  FileBuffer buffer{};
  const PacedPsi::Clock::time_point start;
  const auto someAfter = [&](int milliseconds) {
    std::optional<PsiAverages> averages;
    std::string error;
    EXPECT_TRUE(psi.read(start + std::chrono::milliseconds(milliseconds), buffer, averages, error));
    return averages ? averages->someAvg10 : -1;
  };
  EXPECT_DOUBLE_EQ(someAfter(0), 1.5);
  tree.write("memory", psiText("2.50"));
  EXPECT_DOUBLE_EQ(someAfter(0), 1.5);
  EXPECT_DOUBLE_EQ(someAfter(1999), 1.5);
  EXPECT_DOUBLE_EQ(someAfter(2000), 2.5);
  tree.write("memory", psiText("3.50"));
  EXPECT_DOUBLE_EQ(someAfter(3999), 2.5);
  EXPECT_DOUBLE_EQ(someAfter(4000), 3.5);
  tree.remove("memory");
  EXPECT_DOUBLE_EQ(someAfter(5999), 3.5);
  EXPECT_DOUBLE_EQ(someAfter(6000), -1);
  tree.write("memory", psiText("4.50"));
  EXPECT_DOUBLE_EQ(someAfter(6001), 4.5);
}

TEST(LinuxPsi, ReaderKeepsTheLastValues) {
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", psiText("1.50"));
  machine.tree.write("cgroup/memory.pressure", psiText("2.50"));
  const auto reader = machine.open();
  snapshotOf(*reader);
  // The file is overwritten in place, which a reader that keeps its descriptors sees.
  machine.tree.write("proc/pressure/memory", "nonsense\n");
  machine.tree.write("cgroup/memory.pressure", "nonsense\n");
  const MemorySnapshot snapshot = snapshotOf(*reader);
  ASSERT_TRUE(snapshot.psi.has_value());
  ASSERT_TRUE(snapshot.groupPsi.has_value());
  EXPECT_DOUBLE_EQ(snapshot.psi->someAvg10, 1.5);
  EXPECT_DOUBLE_EQ(snapshot.groupPsi->someAvg10, 2.5);
  EXPECT_DOUBLE_EQ(snapshot.groupPsi->fullAvg10, 0.25);
}

TEST(LinuxPsi, IsThatOfTheProcessesGroupInV2) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/pod/app\n");
  machine.writeV2("pod/app", "max", "max", 0, 0);
  machine.tree.write("cgroup/pod/memory.pressure", psiText("1.00"));
  EXPECT_DOUBLE_EQ(groupSomeOf(machine), -1);
  machine.tree.write("cgroup/pod/app/memory.pressure", psiText("2.00"));
  EXPECT_DOUBLE_EQ(groupSomeOf(machine), 2);
}

TEST(LinuxPsi, IsThatOfTheProcessesGroupInV2WhereV1HasTheMemoryController) {
  const LinuxMachine machine;
  for (const char* const membership : {"4:memory:/old\n0::/new\n", "0::/new\n4:memory:/old\n"}) {
    machine.tree.write("proc/self/cgroup", membership);
    machine.writeV1("memory/old", "268435456", 100 * kMiB, 0);
    machine.tree.write("cgroup/unified/new/memory.pressure", psiText("3.00"));
    EXPECT_DOUBLE_EQ(groupSomeOf(machine), 3) << membership;
    expectGroup(mustRead(*machine.open()), 256 * kMiB, 100 * kMiB);
  }
}

TEST(LinuxPsi, MalformedAveragesOfTheGroupAreNamed) {
  const LinuxMachine machine;
  machine.tree.write("cgroup/memory.pressure", "some nonsense\n");
  EXPECT_EQ(mustFail(*machine.open()),
            "The file " + machine.tree.path("cgroup/memory.pressure") + " has malformed averages.");
}

TEST(LinuxPsi, FollowsTheProcessToAnotherGroup) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/a\n");
  machine.writeV2("a", "268435456", "max", 100 * kMiB, 0);
  machine.writeV2("b", "268435456", "max", 100 * kMiB, 0);
  machine.tree.write("cgroup/a/memory.pressure", psiText("1.00"));
  machine.tree.write("cgroup/b/memory.pressure", psiText("2.00"));
  const auto reader = machine.open();
  EXPECT_DOUBLE_EQ(snapshotOf(*reader).groupPsi.value_or(PsiAverages{}).someAvg10, 1);
  machine.tree.write("proc/self/cgroup", "0::/b\n");
  machine.tree.remove("cgroup/a");
  EXPECT_DOUBLE_EQ(snapshotOf(*reader).groupPsi.value_or(PsiAverages{}).someAvg10, 2);
}

TEST(LinuxPsi, TheRootOfTheHierarchyIsNoGroup) {
  std::ifstream memberships("/proc/self/cgroup");
  std::string line;
  bool inRoot = false;
  while (std::getline(memberships, line)) inRoot = inRoot || line == "0::/";
  const bool namespaced = ::access("/sys/fs/cgroup/cgroup.type", F_OK) == 0 ||
                          ::access("/sys/fs/cgroup/unified/cgroup.type", F_OK) == 0;
  if (!inRoot || namespaced) GTEST_SKIP() << "This process is in a group of v2.";
  EXPECT_FALSE(snapshotOf(*openMemoryReader()).groupPsi.has_value());
}

}  // namespace
}  // namespace ebbcache
