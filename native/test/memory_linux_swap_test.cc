#include <gtest/gtest.h>

#include "memory/linux/meminfo.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

constexpr const char* kUnlimitedV1 = "9223372036854771712";

constexpr const char* kMeminfo = "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\n";
constexpr const char* kMeminfoWithSwap =
    "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\nSwapCached: 7 kB\n"
    "SwapTotal:       2097152 kB\nSwapFree:        1572864 kB\n";

/// There is neither limit nor usage where there is no swap.
std::pair<uint64_t, uint64_t> swapOf(const LinuxMachine& machine) {
  MemorySnapshot snapshot;
  std::string error;
  EXPECT_TRUE(machine.open()->readSnapshot(snapshot, error)) << error;
  EXPECT_TRUE(snapshot.swap.has_value());
  const SwapUsage swap = snapshot.swap.value_or(SwapUsage{});
  return {swap.limit, swap.used};
}

bool tellsOfSwap(const LinuxMachine& machine) {
  MemorySnapshot snapshot;
  std::string error;
  EXPECT_TRUE(machine.open()->readSnapshot(snapshot, error)) << error;
  return snapshot.swap.has_value();
}

std::pair<uint64_t, uint64_t> pairOf(uint64_t limit, uint64_t used) {
  return {limit, used};
}

void writeSwapV2(const LinuxMachine& machine, const std::string& folder, const std::string& max,
                 uint64_t usage) {
  machine.writeV2(folder, "536870912", "max", 300 * kMiB, 0);
  machine.tree.write("cgroup/" + folder + "/memory.swap.max", max + "\n");
  machine.tree.write("cgroup/" + folder + "/memory.swap.current", std::to_string(usage) + "\n");
}

/// A v1 group with `usage` bytes of memory, of which 50 MiB are cache that is not in active use.
void writeSwapV1(const LinuxMachine& machine, const std::string& limit, uint64_t usage,
                 const std::string& limitWithSwap, uint64_t usageWithSwap) {
  machine.tree.write("proc/self/cgroup", "5:memory:/app\n");
  machine.writeV1("memory/app", limit, usage, 50 * kMiB);
  machine.tree.write("cgroup/memory/app/memory.memsw.limit_in_bytes", limitWithSwap + "\n");
  machine.tree.write("cgroup/memory/app/memory.memsw.usage_in_bytes",
                     std::to_string(usageWithSwap) + "\n");
}

TEST(LinuxSwap, IsReadOfTheMachine) {
  const LinuxMachine machine;
  machine.tree.write("proc/meminfo", kMeminfoWithSwap);
  EXPECT_EQ(swapOf(machine), pairOf(2048 * kMiB, 512 * kMiB));
}

TEST(LinuxSwap, IsAbsentWhereNothingTells) {
  const LinuxMachine machine;
  for (const char* const fields : {"", "SwapTotal: 5 kB\n", "SwapFree: 5 kB\n"}) {
    machine.tree.write("proc/meminfo", std::string(kMeminfo) + fields);
    EXPECT_FALSE(tellsOfSwap(machine)) << fields;
  }
  writeSwapV2(machine, "", "max", 100 * kMiB);
  EXPECT_FALSE(tellsOfSwap(machine));
  machine.tree.write("cgroup/memory.swap.max", "1048576\n");
  EXPECT_TRUE(tellsOfSwap(machine));
  machine.tree.remove("cgroup/memory.swap.current");
  EXPECT_FALSE(tellsOfSwap(machine));
}

TEST(LinuxSwap, MalformedFieldsAreNamed) {
  for (const char* const name : {"SwapTotal", "SwapFree"}) {
    const LinuxMachine machine;
    machine.tree.write("proc/meminfo", std::string(kMeminfo) + name + ": -1 kB\n");
    EXPECT_EQ(mustFail(*machine.open()),
              "The file " + machine.tree.path("proc/meminfo") + " has a malformed " + name + ".");
    // The cheap reading does not need the file.
    mustRead(*machine.open());
  }
}

TEST(LinuxSwap, FreeAboveTotalIsNoneUsed) {
  std::optional<SwapUsage> swap;
  std::string why;
  ASSERT_TRUE(swapOf(parseMeminfo("SwapTotal: 1 kB\nSwapFree: 5 kB\n"), swap, why)) << why;
  ASSERT_TRUE(swap.has_value());
  EXPECT_EQ(swap.value_or(SwapUsage{}).used, 0U);
}

TEST(LinuxSwap, IsReadOfAGroupV2) {
  const LinuxMachine machine;
  machine.tree.write("proc/meminfo", kMeminfoWithSwap);
  writeSwapV2(machine, "", "104857600", 30 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(100 * kMiB, 30 * kMiB));
  // The limit was lowered below the usage.
  writeSwapV2(machine, "", "10485760", 30 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(10 * kMiB, 10 * kMiB));
  writeSwapV2(machine, "", "0", 0);
  EXPECT_EQ(swapOf(machine), pairOf(0, 0));
  writeSwapV2(machine, "", "max", 30 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(2048 * kMiB, 512 * kMiB));
}

TEST(LinuxSwap, IsThatOfTheTightestAncestor) {
  const LinuxMachine machine;
  machine.tree.write("proc/meminfo", kMeminfoWithSwap);
  machine.tree.write("proc/self/cgroup", "0::/pod/app\n");
  writeSwapV2(machine, "pod/app", "104857600", 10 * kMiB);
  writeSwapV2(machine, "pod", "209715200", 180 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(200 * kMiB, 180 * kMiB));
  writeSwapV2(machine, "pod", "209715200", 20 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(100 * kMiB, 10 * kMiB));
}

TEST(LinuxSwap, IsThatOfTheMachineWhereItIsTighterThanTheGroup) {
  const LinuxMachine machine;
  machine.tree.write("proc/meminfo", kMeminfoWithSwap);
  writeSwapV2(machine, "", "8589934592", 0);
  EXPECT_EQ(swapOf(machine), pairOf(2048 * kMiB, 512 * kMiB));
}

TEST(LinuxSwap, IsReadOfAGroupV1) {
  const LinuxMachine machine;
  writeSwapV1(machine, "268435456", 200 * kMiB, "536870912", 240 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(256 * kMiB, 40 * kMiB));
  // The two are counted one after the other: the difference may be negative.
  writeSwapV1(machine, "268435456", 200 * kMiB, "268435456", 199 * kMiB);
  EXPECT_EQ(swapOf(machine), pairOf(0, 0));
  for (const char* const limit : {kUnlimitedV1, "9223372036854710272", "9223372036854775807"}) {
    writeSwapV1(machine, "268435456", 200 * kMiB, limit, 240 * kMiB);
    EXPECT_FALSE(tellsOfSwap(machine)) << limit;
  }
}

TEST(LinuxSwap, MalformedFilesOfAGroupAreNamed) {
  for (const char* const file : {"memory.swap.max", "memory.swap.current"}) {
    const LinuxMachine machine;
    writeSwapV2(machine, "", "104857600", 10 * kMiB);
    const std::string path = std::string("cgroup/") + file;
    machine.tree.write(path, "x\n");
    EXPECT_EQ(mustFail(*machine.open()),
              "The file " + machine.tree.path(path) + " does not hold a number of bytes.");
  }
  for (const char* const file : {"memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes"}) {
    const LinuxMachine machine;
    writeSwapV1(machine, "268435456", 200 * kMiB, "536870912", 240 * kMiB);
    const std::string path = std::string("cgroup/memory/app/") + file;
    machine.tree.write(path, "-1\n");
    EXPECT_EQ(mustFail(*machine.open()),
              "The file " + machine.tree.path(path) + " does not hold a number of bytes.");
  }
}

TEST(LinuxSwap, MemoryAndSwapTogetherBoundAGroupV1) {
  const LinuxMachine machine;
  // 206 MiB are left by this limit, 106 MiB by that of memory.
  writeSwapV1(machine, "268435456", 200 * kMiB, "402653184", 228 * kMiB);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 150 * kMiB);
  // 34 MiB are left by this limit, though 106 MiB are left by that of memory.
  writeSwapV1(machine, "268435456", 200 * kMiB, "402653184", 400 * kMiB);
  expectGroup(mustRead(*machine.open()), 384 * kMiB, 350 * kMiB);
  writeSwapV1(machine, "268435456", 200 * kMiB, kUnlimitedV1, 400 * kMiB);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 150 * kMiB);
  machine.tree.remove("cgroup/memory/app/memory.memsw.usage_in_bytes");
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 150 * kMiB);
}

TEST(LinuxSwap, SwapOfAGroupV2IsNoBoundOfItsMemory) {
  const LinuxMachine machine;
  writeSwapV2(machine, "", "1048576", kMiB);
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 300 * kMiB);
}

TEST(LinuxSwap, AgreesWithThisMachine) {
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(openMemoryReader()->readSnapshot(snapshot, error)) << error;
  ASSERT_TRUE(snapshot.swap.has_value());
  EXPECT_LE(snapshot.swap->used, snapshot.swap->limit);
}

}  // namespace
}  // namespace ebbcache
