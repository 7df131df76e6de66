#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "memory_linux_descriptors.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

uint64_t fieldOfThisMachine(const std::string& name) {
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  uint64_t kilobytes = 0;
  std::string unit;
  while (meminfo >> key >> kilobytes >> unit) {
    if (key == name + ":") return kilobytes * 1024;
  }
  return 0;
}

TEST(LinuxReader, ReadsAllOfAMadeUpMachine) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  const auto reader = machine.open();
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  EXPECT_EQ(snapshot.usage.system.limit, kMachineTotal);
  EXPECT_EQ(snapshot.usage.system.used, kMachineUsed);
  expectGroup(snapshot.usage, 512 * kMiB, 200 * kMiB);
  const auto pageBytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(snapshot.processRss, 1000 * pageBytes);
  EXPECT_EQ(snapshot.processVirtual, 5000 * pageBytes);
  EXPECT_FALSE(snapshot.psi.has_value());

  machine.tree.write("proc/pressure/memory",
                     "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n"
                     "full avg10=0.25 avg60=0.00 avg300=0.00 total=9\n");
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  ASSERT_TRUE(snapshot.psi.has_value());
  const PsiAverages psi = snapshot.psi.value_or(PsiAverages{});
  EXPECT_DOUBLE_EQ(psi.someAvg10, 1.5);
  EXPECT_DOUBLE_EQ(psi.fullAvg10, 0.25);
}

TEST(LinuxReader, NamesTheFileThatFails) {
  for (const char* const file : {"proc/meminfo", "proc/self/statm"}) {
    const LinuxMachine machine;
    machine.tree.write(file, "");
    const auto reader = machine.open();
    EXPECT_NE(mustFail(*reader).find("The file " + machine.tree.path(file) + " "),
              std::string::npos);
    machine.tree.remove(file);
    EXPECT_EQ(mustFail(*reader), "The file " + machine.tree.path(file) +
                                     " cannot be read: No such file or directory.");
  }
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", "some nonsense\n");
  EXPECT_NE(mustFail(*machine.open()).find("has malformed averages."), std::string::npos);
  machine.tree.write("proc/meminfo", std::string(100'000, 'x'));
  EXPECT_NE(mustFail(*machine.open()).find("is longer than"), std::string::npos);
}

TEST(LinuxReader, SeesChangesWhileRunning) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("cgroup/memory.max", "1073741824\n");
  machine.tree.write("cgroup/memory.current", "419430400\n");
  expectGroup(mustRead(*reader), 1024 * kMiB, 400 * kMiB);
  machine.tree.write("cgroup/memory.max", "max\n");
  EXPECT_FALSE(mustRead(*reader).group.has_value());
  machine.tree.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
  EXPECT_EQ(mustRead(*reader).system.used, 600U * 1024);
}

TEST(LinuxReader, SeesFilesThatWereReplaced) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 512 * kMiB, 300 * kMiB);
  machine.tree.write("new", "1073741824\n");
  machine.tree.rename("new", "cgroup/memory.max");
  machine.tree.write("new", "MemTotal: 16777216 kB\nMemAvailable: 1 kB\n");
  machine.tree.rename("new", "proc/meminfo");
  const MemoryUsage usage = mustRead(*reader);
  expectGroup(usage, 1024 * kMiB, 300 * kMiB);
  EXPECT_EQ(usage.system.available(), 1024U);
}

TEST(LinuxReader, AGroupThatVanishesIsAnErrorUntilItIsBack) {
  for (const bool v1 : {true, false}) {
    const LinuxMachine machine;
    const std::string folder = v1 ? "memory/app" : "app";
    const auto write = [&] {
      if (v1) machine.writeV1(folder, "268435456", 100 * kMiB, 0);
      if (!v1) machine.writeV2(folder, "268435456", "max", 100 * kMiB, 0);
    };
    machine.tree.write("proc/self/cgroup", v1 ? "5:memory:/app\n" : "0::/app\n");
    write();
    const auto reader = machine.open();
    expectGroup(mustRead(*reader), 256 * kMiB, 100 * kMiB);
    machine.tree.remove("cgroup/" + folder);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(mustFail(*reader), "The memory cgroup " + machine.tree.path("cgroup/" + folder) +
                                       " of this process is gone.");
    }
    write();
    expectGroup(mustRead(*reader), 256 * kMiB, 100 * kMiB);
    machine.tree.remove("cgroup");
    mustFail(*reader);
    write();
    expectGroup(mustRead(*reader), 256 * kMiB, 100 * kMiB);
  }
}

TEST(LinuxReader, FollowsTheProcessToAnotherGroup) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/a\n");
  machine.writeV2("a", "268435456", "max", 100 * kMiB, 0);
  machine.writeV2("b", "536870912", "max", 200 * kMiB, 0);
  const auto reader = machine.open();
  expectGroup(mustRead(*reader), 256 * kMiB, 100 * kMiB);
  // The reader notices at once where the old group is removed; otherwise within a second.
  machine.tree.write("proc/self/cgroup", "0::/b\n");
  machine.tree.remove("cgroup/a");
  expectGroup(mustRead(*reader), 512 * kMiB, 200 * kMiB);
  machine.writeV2("a", "268435456", "max", 100 * kMiB, 0);
  machine.tree.write("proc/self/cgroup", "0::/a\n");
  // A minute is a hang guard.
  for (int tries = 0; mustRead(*reader).group->limit != 256 * kMiB; ++tries) {
    ASSERT_LT(tries, 6000);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  expectGroup(mustRead(*reader), 256 * kMiB, 100 * kMiB);
}

TEST(LinuxReader, AgreesWithThisMachine) {
  const auto reader = openMemoryReader();
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  const uint64_t total = fieldOfThisMachine("MemTotal");
  EXPECT_EQ(snapshot.usage.system.limit, total);
  if (const uint64_t available = fieldOfThisMachine("MemAvailable"); available > 0) {
    EXPECT_NEAR(static_cast<double>(snapshot.usage.system.available()),
                static_cast<double>(available), 0.02 * static_cast<double>(total));
  }
  EXPECT_GT(snapshot.processRss, 0U);
  EXPECT_GT(snapshot.processVirtual, snapshot.processRss);
  if (snapshot.usage.group) {
    EXPECT_LT(snapshot.usage.group->limit, total);
    EXPECT_LE(snapshot.usage.group->used, snapshot.usage.group->limit);
  }
}

TEST(LinuxReader, KeepsNoDescriptorsBehind) {
  const auto before = openDescriptors();
  {
    const LinuxMachine machine;
    machine.tree.write("proc/self/cgroup", "0::/a/b/c\n");
    machine.writeV2("a/b/c", "268435456", "max", 100 * kMiB, 0);
    const auto reader = machine.open();
    for (int i = 0; i < 50; ++i) {
      machine.writeV2("a/b/c", "268435456", "max", 100 * kMiB, 0);
      mustRead(*reader);
      machine.tree.remove("cgroup/a/b/c");
      mustFail(*reader);
    }
    EXPECT_LE(openDescriptors().size(), before.size() + 8);
  }
  EXPECT_EQ(openDescriptors(), before);
}

}  // namespace
}  // namespace ebbcache
