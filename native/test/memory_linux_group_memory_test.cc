// These tests are about the state that a group keeps from one reading to the next.
#include <gtest/gtest.h>

#include "memory/linux/cgroup_group.h"
#include "memory_linux_fields.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

/// Half of the machine's kernel memory is reclaimable.
void writeKernelMachine(const LinuxMachine& machine) {
  machine.tree.write("proc/meminfo",
                     "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\nSlab: 1048576 kB\n"
                     "SReclaimable: 524288 kB\nSUnreclaim: 524288 kB\n");
}

/// The group has 400 MiB of memory other than the kernel's.
void writeKernelGroup(const LinuxMachine& machine, const std::string& group, uint64_t kernel) {
  machine.tree.write("proc/self/cgroup", "5:memory:/" + group + "\n");
  machine.writeV1("memory/" + group, "1073741824", 400 * kMiB + kernel, 0);
  machine.tree.write("cgroup/memory/" + group + "/memory.kmem.usage_in_bytes",
                     std::to_string(kernel) + "\n");
}

/// Makes the next reading fail, after which the reader finds the groups again.
void rediscover(const LinuxMachine& machine, MemoryReader& reader, const std::string& usageFile) {
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
  rediscover(machine, *reader, "cgroup/memory/app/memory.usage_in_bytes");
  // The bytes that it gained are not reclaimable, as the machine's did not grow.
  writeKernelGroup(machine, "app", 300 * kMiB);
  expectGroup(mustRead(*reader), 1024 * kMiB, 600 * kMiB);
  // A reader that sees the group for the first time uses the machine's proportion.
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

TEST(LinuxGroupMemory, SeesFilesThatCameAndWentOfAGroupThatIsFoundAgain) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
  machine.tree.remove("cgroup/memory.high");
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory.high", "402653184\n");
  rediscover(machine, *reader, "cgroup/memory.current");
  expectGroup(mustRead(*reader), 384 * kMiB, 300 * kMiB);
  machine.tree.remove("cgroup/memory.high");
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
}

TEST(LinuxGroupMemory, RereadsWhatAncestorsOutOfSightLimit) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "5:memory:/\n");
  machine.writeV1("memory", "536870912", 300 * kMiB, 0);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory/memory.stat", "hierarchical_memory_limit 402653184\n");
  rediscover(machine, *reader, "cgroup/memory/memory.usage_in_bytes");
  expectGroup(mustRead(*reader), 384 * kMiB, 300 * kMiB);
}

}  // namespace
}  // namespace ebbcache
