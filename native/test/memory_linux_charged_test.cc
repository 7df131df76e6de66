// These tests are about readCharged(), the cheap reading.
#include <gtest/gtest.h>

#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

MemoryUsage mustReadCharged(MemoryReader& reader) {
  MemoryUsage usage;
  std::string error;
  EXPECT_TRUE(reader.readCharged(usage, error)) << error;
  return usage;
}

/// Returns the error sentence. The test fails when there is none or when the output was changed.
std::string mustFailCharged(MemoryReader& reader) {
  MemoryUsage usage;
  usage.system.limit = 4711;
  std::string error;
  EXPECT_FALSE(reader.readCharged(usage, error));
  EXPECT_EQ(usage.system.limit, 4711U);
  EXPECT_FALSE(usage.group.has_value());
  return error;
}

TEST(LinuxCharged, CountsWhatCanBeGivenBack) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 200 * kMiB);
  const MemoryUsage charged = mustReadCharged(*reader);
  expectGroup(charged, 512 * kMiB, 300 * kMiB);
  EXPECT_EQ(charged.system.limit, kMachineTotal);
  EXPECT_EQ(charged.system.used, kMachineUsed);
}

TEST(LinuxCharged, FollowsWhatIsCharged) {
  for (const bool v1 : {true, false}) {
    const LinuxMachine machine;
    machine.tree.write("proc/self/cgroup", v1 ? "5:memory:/\n" : "0::/\n");
    if (v1) machine.writeV1("memory", "536870912", 300 * kMiB, 100 * kMiB);
    if (!v1) machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
    const auto reader = machine.open();
    mustRead(*reader);
    const std::string file = v1 ? "cgroup/memory/memory.usage_in_bytes" : "cgroup/memory.current";
    for (const uint64_t bytes : {400 * kMiB, 100 * kMiB, uint64_t{0}}) {
      machine.tree.write(file, std::to_string(bytes) + "\n");
      expectGroup(mustReadCharged(*reader), 512 * kMiB, bytes);
    }
    machine.tree.write(file, std::to_string(600 * kMiB) + "\n");
    expectGroup(mustReadCharged(*reader), 512 * kMiB, 512 * kMiB);
  }
}

TEST(LinuxCharged, GoesByTheLimitsOfTheLastReading) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  mustRead(*reader);
  machine.tree.write("cgroup/memory.max", "402653184\n");
  machine.tree.write("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 1024 kB\n");
  const MemoryUsage before = mustReadCharged(*reader);
  expectGroup(before, 512 * kMiB, 300 * kMiB);
  EXPECT_EQ(before.system.limit, kMachineTotal);
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  const MemoryUsage after = mustReadCharged(*reader);
  expectGroup(after, 384 * kMiB, 300 * kMiB);
  EXPECT_EQ(after.system.limit, 1024 * kMiB);
  EXPECT_EQ(after.system.used, 1023 * kMiB);
}

TEST(LinuxCharged, HasNoGroupWhereTheReadingHadNone) {
  const LinuxMachine machine;
  machine.writeV2("", "max", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  mustRead(*reader);
  EXPECT_FALSE(mustReadCharged(*reader).group.has_value());
  machine.tree.write("cgroup/memory.max", "536870912\n");
  EXPECT_FALSE(mustReadCharged(*reader).group.has_value());
  mustRead(*reader);
  expectGroup(mustReadCharged(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory.max", "max\n");
  mustRead(*reader);
  EXPECT_FALSE(mustReadCharged(*reader).group.has_value());
}

TEST(LinuxCharged, TakesTheTightestOfNestedGroups) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/pod/app\n");
  machine.writeV2("pod", "1073741824", "max", 1000 * kMiB, 800 * kMiB);
  machine.writeV2("pod/app", "536870912", "max", 300 * kMiB, 0);
  const auto reader = machine.open();
  const MemoryUsage usage = mustRead(*reader);
  expectGroup(usage, 512 * kMiB, 300 * kMiB);
  // The other group is tighter by its charged bytes.
  expectGroup(mustReadCharged(*reader), 1024 * kMiB, 1000 * kMiB);
}

TEST(LinuxCharged, GoesByTheLimitOfMemoryAndSwapTogetherInV1) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "5:memory:/app\n");
  machine.writeV1("memory/app", "536870912", 200 * kMiB, 50 * kMiB);
  machine.tree.write("cgroup/memory/app/memory.memsw.limit_in_bytes", "805306368\n");
  const std::string sum = "cgroup/memory/app/memory.memsw.usage_in_bytes";
  machine.tree.write(sum, std::to_string(700 * kMiB) + "\n");
  const auto reader = machine.open();
  mustRead(*reader);
  expectGroup(mustReadCharged(*reader), 768 * kMiB, 700 * kMiB);
  machine.tree.write(sum, std::to_string(210 * kMiB) + "\n");
  expectGroup(mustReadCharged(*reader), 512 * kMiB, 200 * kMiB);
}

TEST(LinuxCharged, FailsWithASentenceWhereTheUsageIsGone) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  mustRead(*reader);
  const std::string expected = "The file " + machine.tree.path("cgroup/memory.current") +
                               " cannot be read: No such file or directory.";
  machine.tree.remove("cgroup/memory.current");
  EXPECT_EQ(mustFailCharged(*reader), expected);
  EXPECT_EQ(mustFail(*reader), expected);
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  // The full reading that failed has left no limits to use.
  mustFailCharged(*reader);
  mustRead(*reader);
  expectGroup(mustReadCharged(*reader), 512 * kMiB, 300 * kMiB);
}

TEST(LinuxCharged, FailsWhereTheUsageIsNoNumber) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  mustRead(*reader);
  machine.tree.write("cgroup/memory.current", "many\n");
  EXPECT_EQ(mustFailCharged(*reader), "The file " + machine.tree.path("cgroup/memory.current") +
                                          " does not hold a number of bytes.");
}

TEST(LinuxCharged, FailsBeforeTheFirstFullReading) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  mustFailCharged(*machine.open());
}

/// Reads the group again with an earlier reading of the machine, or fails the test.
MemoryUsage mustReadGroup(MemoryReader& reader) {
  MemoryUsage usage;
  std::string error;
  EXPECT_TRUE(reader.readGroup(usage, error)) << error;
  return usage;
}

TEST(LinuxGroupReading, IsOfTheGroupNowAndTheMachineAsItWas) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  MemoryUsage usage;
  std::string error;
  EXPECT_FALSE(reader->readGroup(usage, error));
  mustRead(*reader);
  machine.writeV2("", "536870912", "max", 400 * kMiB, 50 * kMiB);
  machine.tree.remove("proc/meminfo");
  usage = mustReadGroup(*reader);
  expectGroup(usage, 512 * kMiB, 350 * kMiB);
  EXPECT_EQ(usage.system.limit, kMachineTotal);
  EXPECT_EQ(usage.system.used, kMachineUsed);
}

TEST(LinuxGroupReading, NeedsTheMachineWhereTheKernelMemoryOfAV1GroupChanged) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "5:memory:/\n");
  machine.writeV1("memory", "536870912", 300 * kMiB, 100 * kMiB);
  machine.tree.write("cgroup/memory/memory.kmem.usage_in_bytes", "1048576\n");
  const auto reader = machine.open();
  mustRead(*reader);
  mustReadGroup(*reader);
  machine.tree.write("cgroup/memory/memory.kmem.usage_in_bytes", "2097152\n");
  MemoryUsage usage;
  std::string error;
  EXPECT_FALSE(reader->readGroup(usage, error));
  mustRead(*reader);
  mustReadGroup(*reader);
}

}  // namespace
}  // namespace ebbcache
