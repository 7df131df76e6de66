#include "memory/linux/kernel_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "seeded_random.h"

namespace ebbcache {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

/// The machine can reclaim `reclaimable` bytes of its kernel memory, which is 1 GiB by default.
constexpr KernelMemory machine(uint64_t reclaimable, uint64_t total = 1024 * kMiB) {
  return {total, reclaimable};
}

TEST(LinuxKernelMemory, IsSlabStacksPageTablesAndPerCpuMemory) {
  const KernelMemory memory = kernelMemoryOf(
      parseMeminfo("Slab: 100 kB\nSReclaimable: 60 kB\nSUnreclaim: 40 kB\nKernelStack: 7 kB\n"
                   "PageTables: 20 kB\nPercpu: 3 kB\n"));
  EXPECT_EQ(memory.total, 130U * 1024);
  EXPECT_EQ(memory.reclaimable, 60U * 1024);
}

TEST(LinuxKernelMemory, TakesTheHigherOfSlabAndItsParts) {
  const KernelMemory byParts =
      kernelMemoryOf(parseMeminfo("Slab: 10 kB\nSReclaimable: 60 kB\nSUnreclaim: 40 kB\n"));
  EXPECT_EQ(byParts.total, 100U * 1024);
  const KernelMemory bySlab = kernelMemoryOf(parseMeminfo("Slab: 200 kB\nSReclaimable: 60 kB\n"));
  EXPECT_EQ(bySlab.total, 200U * 1024);
  EXPECT_EQ(bySlab.reclaimable, 60U * 1024);
}

TEST(LinuxKernelMemory, IsNothingWhereTheTextDoesNotTell) {
  for (const char* const text : {"", "MemTotal: 5 kB\n", "Slab: x kB\nSReclaimable: -1 kB\n"}) {
    EXPECT_EQ(kernelMemoryOf(parseMeminfo(text)).total, 0U) << text;
    EXPECT_EQ(kernelMemoryOf(parseMeminfo(text)).reclaimable, 0U) << text;
  }
}

TEST(LinuxKernelMemory, SumsThatOverflowDoNotWrap) {
  const KernelMemory memory = kernelMemoryOf(
      parseMeminfo("SReclaimable: 18014398509481983 kB\nSUnreclaim: 18014398509481983 kB\n"
                   "Percpu: 18014398509481983 kB\n"));
  EXPECT_EQ(memory.total, kMax);
  EXPECT_LE(memory.reclaimable, memory.total);
}

TEST(LinuxGroupKernelMemory, IsFirstSharedOutAsThatOfTheMachine) {
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, machine(768 * kMiB)), 48 * kMiB);
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, machine(0)), 0U);
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, machine(1024 * kMiB)), 64 * kMiB);
  EXPECT_EQ(GroupKernelMemory().reclaimable(0, machine(768 * kMiB)), 0U);
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, KernelMemory{}), 0U);
}

TEST(LinuxGroupKernelMemory, TakesNoMoreThanAllOfAMachineThatContradictsItself) {
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, machine(9 * kMiB, 8 * kMiB)), 9 * kMiB);
  EXPECT_EQ(GroupKernelMemory().reclaimable(4 * kMiB, machine(9 * kMiB, 8 * kMiB)), 4 * kMiB);
  EXPECT_EQ(GroupKernelMemory().reclaimable(64 * kMiB, machine(9 * kMiB, 0)), 0U);
}

TEST(LinuxGroupKernelMemory, TakesTheLargestNumbers) {
  EXPECT_EQ(GroupKernelMemory().reclaimable(kMax, machine(kMax, kMax)), kMax);
  EXPECT_LE(GroupKernelMemory().reclaimable(kMax, machine(kMax - 1, kMax)), kMax - 1);
  EXPECT_EQ(GroupKernelMemory().reclaimable(kMax, machine(kMiB, kMax)), kMiB);
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(kMax, machine(kMax, kMax)), kMax);
  EXPECT_EQ(group.reclaimable(0, machine(0, kMax)), 0U);
  EXPECT_EQ(group.reclaimable(kMax, machine(kMax, kMax)), kMax);
}

TEST(LinuxGroupKernelMemory, GrowthIsReclaimableAsFarAsThatOfTheMachineGrows) {
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
  // The group gained dentries.
  EXPECT_EQ(group.reclaimable(84 * kMiB, machine(532 * kMiB)), 52 * kMiB);
  // The group gained sockets.
  EXPECT_EQ(group.reclaimable(114 * kMiB, machine(532 * kMiB)), 52 * kMiB);
  // The group gained some of each.
  EXPECT_EQ(group.reclaimable(144 * kMiB, machine(542 * kMiB)), 62 * kMiB);
  // Others in the machine gained more than the group.
  EXPECT_EQ(group.reclaimable(154 * kMiB, machine(742 * kMiB)), 72 * kMiB);
}

TEST(LinuxGroupKernelMemory, ShrinksAsFarAsThatOfTheMachineShrinks) {
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(128 * kMiB, machine(512 * kMiB)), 64 * kMiB);
  // Dentries were reclaimed.
  EXPECT_EQ(group.reclaimable(98 * kMiB, machine(482 * kMiB)), 34 * kMiB);
  // Sockets were closed.
  EXPECT_EQ(group.reclaimable(68 * kMiB, machine(482 * kMiB)), 34 * kMiB);
  // Others in the machine lost more than the group.
  EXPECT_EQ(group.reclaimable(58 * kMiB, machine(282 * kMiB)), 24 * kMiB);
  // The group loses more than was taken to be reclaimable.
  EXPECT_EQ(group.reclaimable(18 * kMiB, machine(242 * kMiB)), 0U);
}

TEST(LinuxGroupKernelMemory, IsUnmovedByWhatOthersAllocate) {
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
  for (const uint64_t reclaimable : {900 * kMiB, 100 * kMiB, 512 * kMiB}) {
    EXPECT_EQ(group.reclaimable(64 * kMiB, machine(reclaimable)), 32 * kMiB);
  }
}

TEST(LinuxGroupKernelMemory, IsNeverMoreThanTheMachineHasNow) {
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(5 * kMiB)), 5 * kMiB);
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
}

TEST(LinuxGroupKernelMemory, SmallStepsThatComeAndGoAddUpToNothing) {
  constexpr uint64_t kBelowAStep = AttributedPart::kStep - 1;
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
  for (int i = 0; i < 1000; ++i) {
    // The machine grows with the group, but shrinks because of others.
    EXPECT_EQ(group.reclaimable(64 * kMiB + kBelowAStep, machine(512 * kMiB + kBelowAStep)),
              32 * kMiB + kBelowAStep);
    EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB + kBelowAStep)), 32 * kMiB);
  }
}

TEST(LinuxGroupKernelMemory, StepsOfFullSizeAreKept) {
  constexpr uint64_t kStep = AttributedPart::kStep;
  GroupKernelMemory group;
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB)), 32 * kMiB);
  EXPECT_EQ(group.reclaimable(64 * kMiB + kStep, machine(512 * kMiB + kStep)), 32 * kMiB + kStep);
  // The group shrinks back while the machine loses nothing.
  EXPECT_EQ(group.reclaimable(64 * kMiB, machine(512 * kMiB + kStep)), 32 * kMiB + kStep);
}

TEST(LinuxGroupKernelMemory, DentriesInUseAreNotReclaimable) {
  GroupKernelMemory group;
  KernelMemory whole = machine(512 * kMiB);
  whole.inUse = 256 * kMiB;
  EXPECT_EQ(group.reclaimable(64 * kMiB, whole), 16 * kMiB);
  // The group gained sockets, whose dentries and inodes are called reclaimable.
  whole.reclaimable += 20 * kMiB;
  whole.inUse += 20 * kMiB;
  EXPECT_EQ(group.reclaimable(110 * kMiB, whole), 16 * kMiB);
  whole.inUse = kMax;
  EXPECT_EQ(group.reclaimable(110 * kMiB, whole), 0U);
}

TEST(LinuxGroupKernelMemory, OfReclaimableSlabAllIsTakenThatWasThereAtFirst) {
  GroupKernelMemory group;
  KernelMemory whole;
  whole.inUse = 100 * kMiB;
  EXPECT_EQ(group.reclaimableSlab(80 * kMiB, whole), 80 * kMiB);
  // The group listed folders.
  EXPECT_EQ(group.reclaimableSlab(180 * kMiB, whole), 180 * kMiB);
  // The group opened sockets.
  whole.inUse += 50 * kMiB;
  EXPECT_EQ(group.reclaimableSlab(230 * kMiB, whole), 180 * kMiB);
  // The dentries were reclaimed, and then the sockets closed.
  EXPECT_EQ(group.reclaimableSlab(50 * kMiB, whole), 0U);
  whole.inUse -= 50 * kMiB;
  EXPECT_EQ(group.reclaimableSlab(8 * kMiB, whole), 0U);
}

TEST(LinuxDentriesInUse, AreAllLessTheUnused) {
  EXPECT_EQ(parseDentriesInUse("50919\t49801\t45\t0\t9860\t0\n"), (50919U - 49801U) * 1024);
  EXPECT_EQ(parseDentriesInUse("7 7"), 0U);
  for (const char* const bad : {"", "5", "5 6", "-5 1", "5 x", "18446744073709551615 0"}) {
    EXPECT_FALSE(parseDentriesInUse(bad).has_value()) << bad;
  }
}

TEST(LinuxGroupKernelMemory, StaysWithinTheGroupAndTheMachineOnARandomWalk) {
  test::SeededRandom random(0x4b4d);
  GroupKernelMemory group;
  uint64_t charged = 64 * kMiB;
  KernelMemory whole = machine(512 * kMiB);
  const auto step = [&](uint64_t& bytes) {
    const uint64_t change = random.skewedBelow(32 * kMiB);
    bytes = random.oneIn(2) ? bytes + change : bytes - std::min(bytes, change);
    if (random.oneIn(500)) bytes = random.oneIn(2) ? 0 : kMax - random.below(kMiB);
    if (bytes > kMax / 2 && random.oneIn(5)) bytes = 64 * kMiB;
  };
  for (uint64_t i = 0; i < test::scaled(100'000); ++i) {
    step(charged);
    step(whole.reclaimable);
    if (random.oneIn(10)) step(whole.total);
    const uint64_t bytes = group.reclaimable(charged, whole);
    ASSERT_LE(bytes, charged) << "at step " << i;
    ASSERT_LE(bytes, whole.reclaimable) << "at step " << i;
  }
}

}  // namespace
}  // namespace ebbcache
