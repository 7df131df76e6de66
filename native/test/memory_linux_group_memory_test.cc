// These tests are about what a group remembers from one reading to the next.
#include <gtest/gtest.h>
#include <unistd.h>

#include "memory/linux/cgroup_group.h"
#include "memory_linux_fields.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

/// As many pages make up the bytes at which refaults are reported.
const uint64_t kPages =
    CgroupGroup::kRefaultThreshold / static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
/// So many pages are reported however slowly a test runs.
const uint64_t kMany = 1000 * kPages;

struct Refaults {
  std::string name;
  CgroupVersion version;
};

const Refaults kV1{"total_workingset_refault_file", CgroupVersion::kV1};
const Refaults kV2{"workingset_refault_file", CgroupVersion::kV2};
const Refaults kOldV2{"workingset_refault", CgroupVersion::kV2};

void writeRefaults(const LinuxMachine& machine, const Refaults& refaults, uint64_t pages,
                   const std::string& limit = "536870912") {
  const bool v1 = refaults.version == CgroupVersion::kV1;
  machine.tree.write("proc/self/cgroup", v1 ? "5:memory:/\n" : "0::/\n");
  if (v1) machine.writeV1("memory", limit, 300 * kMiB, 0);
  if (!v1) machine.writeV2("", limit, "max", 300 * kMiB, 0);
  machine.tree.write(v1 ? "cgroup/memory/memory.stat" : "cgroup/memory.stat",
                     refaults.name + " " + std::to_string(pages) + "\n");
}

TEST(LinuxRefaults, AreReportedOnceWhereTheyGrowMuch) {
  for (const Refaults& refaults : {kV1, kV2, kOldV2}) {
    const LinuxMachine machine;
    writeRefaults(machine, refaults, kMany);
    const auto reader = machine.open();
    EXPECT_FALSE(mustRead(*reader).groupRefaults) << refaults.name;
    writeRefaults(machine, refaults, 2 * kMany);
    EXPECT_TRUE(mustRead(*reader).groupRefaults) << refaults.name;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(mustRead(*reader).groupRefaults) << refaults.name;
  }
}

TEST(LinuxRefaults, AreNotReportedBelowTheThreshold) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, 5);
  const auto reader = machine.open();
  EXPECT_FALSE(mustRead(*reader).groupRefaults);
  writeRefaults(machine, kV2, 5 + kPages - 1);
  EXPECT_FALSE(mustRead(*reader).groupRefaults);
}

TEST(LinuxRefaults, AreReportedInASnapshotToo) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, 0);
  const auto reader = machine.open();
  mustRead(*reader);
  writeRefaults(machine, kV2, kMany);
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  EXPECT_TRUE(snapshot.usage.groupRefaults);
}

TEST(LinuxRefaults, AreNotToldAgainByWhatIsCharged) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, 0);
  const auto reader = machine.open();
  mustRead(*reader);
  writeRefaults(machine, kV2, kMany);
  EXPECT_TRUE(mustRead(*reader).groupRefaults);
  MemoryUsage charged;
  std::string error;
  ASSERT_TRUE(reader->readCharged(charged, error)) << error;
  EXPECT_FALSE(charged.groupRefaults);
}

TEST(LinuxRefaults, OfAGroupWithoutALimitAreNotLookedAt) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, 0, "max");
  const auto reader = machine.open();
  mustRead(*reader);
  writeRefaults(machine, kV2, kMany, "max");
  EXPECT_FALSE(mustRead(*reader).groupRefaults);
}

TEST(LinuxRefaults, OfAnAncestorCount) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/pod/app\n");
  machine.writeV2("pod", "1073741824", "max", 300 * kMiB, 0);
  machine.writeV2("pod/app", "536870912", "max", 300 * kMiB, 0);
  machine.tree.write("cgroup/pod/memory.stat", "workingset_refault_file 0\n");
  const auto reader = machine.open();
  EXPECT_FALSE(mustRead(*reader).groupRefaults);
  machine.tree.write("cgroup/pod/memory.stat",
                     "workingset_refault_file " + std::to_string(kMany) + "\n");
  EXPECT_TRUE(mustRead(*reader).groupRefaults);
}

TEST(LinuxRefaults, ThatBecomeFewerBeginAnew) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, kMany);
  const auto reader = machine.open();
  mustRead(*reader);
  writeRefaults(machine, kV2, 0);
  EXPECT_FALSE(mustRead(*reader).groupRefaults);
  writeRefaults(machine, kV2, kMany);
  EXPECT_TRUE(mustRead(*reader).groupRefaults);
}

/// Half of the machine's kernel memory is reclaimable.
void writeKernelMachine(const LinuxMachine& machine) {
  machine.tree.write("proc/meminfo",
                     "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\nSlab: 1048576 kB\n"
                     "SReclaimable: 524288 kB\nSUnreclaim: 524288 kB\n");
}

/// The group has 400 MiB of other memory beside that of the kernel.
void writeKernelGroup(const LinuxMachine& machine, const std::string& group, uint64_t kernel) {
  machine.tree.write("proc/self/cgroup", "5:memory:/" + group + "\n");
  machine.writeV1("memory/" + group, "1073741824", 400 * kMiB + kernel, 0);
  machine.tree.write("cgroup/memory/" + group + "/memory.kmem.usage_in_bytes",
                     std::to_string(kernel) + "\n");
}

/// Makes the next reading fail, which has the reader look for the groups again.
void lookAgain(const LinuxMachine& machine, MemoryReader& reader, const std::string& usageFile) {
  const std::string text = testing::readText(machine.tree, usageFile);
  machine.tree.write(usageFile, "x\n");
  mustFail(reader);
  machine.tree.write(usageFile, text);
}

TEST(LinuxGroupMemory, KeepsTheKernelMemoryOfAGroupThatIsFoundAgain) {
  const LinuxMachine machine;
  writeKernelMachine(machine);
  writeKernelGroup(machine, "app", 200 * kMiB);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 1024 * kMiB, 500 * kMiB);
  lookAgain(machine, *reader, "cgroup/memory/app/memory.usage_in_bytes");
  // What it gained is not reclaimable, as that of the machine did not grow.
  writeKernelGroup(machine, "app", 300 * kMiB);
  expectGroup(mustRead(*reader), 1024 * kMiB, 600 * kMiB);
  // A reader that sees it for the first time goes by the share of the machine.
  expectGroup(mustRead(*machine.open()), 1024 * kMiB, 550 * kMiB);
}

TEST(LinuxGroupMemory, ForgetsTheKernelMemoryOfAGroupThatTheProcessLeft) {
  const LinuxMachine machine;
  writeKernelMachine(machine);
  writeKernelGroup(machine, "app", 200 * kMiB);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 1024 * kMiB, 500 * kMiB);
  machine.tree.remove("cgroup/memory/app");
  writeKernelGroup(machine, "other", 300 * kMiB);
  expectGroup(mustRead(*reader), 1024 * kMiB, 550 * kMiB);
}

TEST(LinuxGroupMemory, KeepsTheRefaultsOfAGroupThatIsFoundAgain) {
  const LinuxMachine machine;
  writeRefaults(machine, kV2, 0);
  const auto reader = machine.open();
  mustRead(*reader);
  lookAgain(machine, *reader, "cgroup/memory.current");
  writeRefaults(machine, kV2, kMany);
  EXPECT_TRUE(mustRead(*reader).groupRefaults);
}

TEST(LinuxGroupMemory, SeesFilesThatCameAndWentOfAGroupThatIsFoundAgain) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
  machine.tree.remove("cgroup/memory.high");
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory.high", "402653184\n");
  lookAgain(machine, *reader, "cgroup/memory.current");
  expectGroup(mustRead(*reader), 384 * kMiB, 300 * kMiB);
  machine.tree.remove("cgroup/memory.high");
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
}

TEST(LinuxGroupMemory, LooksAgainAtWhatAncestorsOutOfSightLimit) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "5:memory:/\n");
  machine.writeV1("memory", "536870912", 300 * kMiB, 0);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory/memory.stat", "hierarchical_memory_limit 402653184\n");
  lookAgain(machine, *reader, "cgroup/memory/memory.usage_in_bytes");
  expectGroup(mustRead(*reader), 384 * kMiB, 300 * kMiB);
}

}  // namespace
}  // namespace ebbcache
