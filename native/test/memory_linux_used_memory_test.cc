#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "memory/linux/meminfo.h"
#include "memory/linux/used_memory.h"

namespace ebbcache {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

MemoryBound parsed(std::string_view text, uint64_t reclaimableArc = 0) {
  MemoryBound bound;
  std::string why;
  EXPECT_TRUE(machineBound(parseMeminfo(text), reclaimableArc, bound, why)) << why;
  return bound;
}

std::string whyRefused(std::string_view text) {
  MemoryBound bound{1, 2};
  std::string why;
  EXPECT_FALSE(machineBound(parseMeminfo(text), 0, bound, why));
  EXPECT_EQ(bound.limit, 1U);
  EXPECT_EQ(bound.used, 2U);
  return why;
}

TEST(LinuxMachineBound, ReadsTotalAndAvailable) {
  const auto bound = parsed("MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  600 kB\n");
  EXPECT_EQ(bound.limit, 1000 * kKiB);
  EXPECT_EQ(bound.used, 400 * kKiB);
}

TEST(LinuxMachineBound, NeedsNeitherSpaceAfterColonNorLastNewline) {
  EXPECT_EQ(parsed("MemTotal:1000 kB\nMemAvailable:250 kB").used, 750 * kKiB);
}

TEST(LinuxMachineBound, EstimatesWhereMemAvailableIsAbsentOrZero) {
  const std::string fields =
      "MemFree: 100 kB\nBuffers: 20 kB\nCached: 30 kB\nSwapCached: 99 kB\nSReclaimable: 5 kB\n";
  EXPECT_EQ(parsed("MemTotal: 1000 kB\n" + fields).available(), 155 * kKiB);
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemAvailable: 0 kB\n" + fields).available(), 155 * kKiB);
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemFree: 100 kB\n").available(), 100 * kKiB);
}

TEST(LinuxMachineBound, DoesNotBelieveMoreAvailableThanTotal) {
  const std::string head = "MemTotal: 1000 kB\nMemAvailable: 50000 kB\n";
  EXPECT_EQ(parsed(head + "MemFree: 100 kB\nCached: 200 kB\n").available(), 300 * kKiB);
  EXPECT_EQ(parsed(head + "MemFree: 100 kB\nCached: 20000 kB\n").available(), 100 * kKiB);
  EXPECT_EQ(parsed(head + "MemFree: 40000 kB\nCached: 20000 kB\n").available(), 1000 * kKiB);
}

TEST(LinuxMachineBound, TakesNothingLeftAsNothingLeft) {
  const auto bound = parsed("MemTotal: 1000 kB\nMemAvailable: 0 kB\nMemFree: 0 kB\n");
  EXPECT_EQ(bound.used, bound.limit);
}

TEST(LinuxMachineBound, RefusesWhatItCannotBelieve) {
  EXPECT_EQ(whyRefused(""), "has no MemTotal");
  EXPECT_EQ(whyRefused("MemFree: 1 kB\nMemAvailable: 1 kB\n"), "has no MemTotal");
  EXPECT_EQ(whyRefused("MemTotal: 0 kB\nMemAvailable: 1 kB\n"), "says that MemTotal is 0");
  EXPECT_EQ(whyRefused("MemTotal: 9 kB\n"), "has neither a usable MemAvailable nor a MemFree");
  for (const std::string bad : {"", "-5 kB", "x kB", "1.5 kB", "5 MB", "12x kB", "kB", "+5 kB",
                                "99999999999999999999999999 kB", "18446744073709551615 kB"}) {
    EXPECT_EQ(whyRefused("MemTotal: " + bad + "\nMemAvailable: 1 kB\n"),
              "has a malformed MemTotal");
    EXPECT_EQ(whyRefused("MemTotal: 9 kB\nMemAvailable: " + bad + "\n"),
              "has a malformed MemAvailable");
    EXPECT_EQ(whyRefused("MemTotal: 9 kB\nMemFree: 1 kB\nCached: " + bad + "\n"),
              "has a malformed Cached");
  }
}

TEST(LinuxMachineBound, SumsThatOverflowDoNotWrap) {
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 18014398509481983 kB\n"
                   "Cached: 18014398509481983 kB\n")
                .available(),
            100 * kKiB);
}

TEST(LinuxMachineBound, LeavesHugePagesOutOfTotalAndUsage) {
  const std::string head = "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 150 kB\n";
  const auto ofAllSizes = parsed(head + "Hugetlb: 400 kB\n");
  EXPECT_EQ(ofAllSizes.limit, 600 * kKiB);
  EXPECT_EQ(ofAllSizes.available(), 150 * kKiB);
  const auto ofOneSize = parsed(head + "HugePages_Total: 2\nHugepagesize: 200 kB\n");
  EXPECT_EQ(ofOneSize.limit, 600 * kKiB);
  EXPECT_EQ(ofOneSize.available(), 150 * kKiB);
}

TEST(LinuxMachineBound, IgnoresHugePagesThatDoNotFitBesideTheRest) {
  const std::string head =
      "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 150 kB\nActive: 200 kB\n"
      "Inactive: 200 kB\nUnevictable: 50 kB\n";
  EXPECT_EQ(parsed(head + "Hugetlb: 450 kB\n").limit, 550 * kKiB);
  EXPECT_EQ(parsed(head + "Hugetlb: 451 kB\n").limit, 1000 * kKiB);
  EXPECT_EQ(parsed(head + "Hugetlb: 18014398509481983 kB\n").limit, 1000 * kKiB);
  const std::string count = "HugePages_Total: 18446744073709551615\nHugepagesize: 2 kB\n";
  EXPECT_EQ(parsed(head + count).limit, 1000 * kKiB);
}

TEST(LinuxMachineBound, BelievesNoMemAvailableAboveWhatHugePagesLeave) {
  const auto bound =
      parsed("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 700 kB\nHugetlb: 400 kB\n");
  EXPECT_EQ(bound.limit, 600 * kKiB);
  EXPECT_EQ(bound.available(), 100 * kKiB);
}

TEST(LinuxMachineBound, AddsTheArcToWhatIsAvailable) {
  const std::string head = "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 150 kB\n";
  EXPECT_EQ(parsed(head, 300 * kKiB).available(), 450 * kKiB);
  // There is room for the bytes that are neither free nor on a list of pages.
  EXPECT_EQ(parsed(head, 900 * kKiB).used, 0U);
  EXPECT_EQ(parsed(head, 900 * kKiB + 1).available(), 150 * kKiB);
  EXPECT_EQ(parsed(head, kMax).available(), 150 * kKiB);
  const std::string lists = head + "Active: 200 kB\nInactive: 300 kB\nUnevictable: 50 kB\n";
  EXPECT_EQ(parsed(lists, 350 * kKiB).available(), 500 * kKiB);
  EXPECT_EQ(parsed(lists, 350 * kKiB + 1).available(), 150 * kKiB);
  const std::string noLists = head + "Buffers: 50 kB\nCached: 200 kB\nAnonPages: 300 kB\n";
  EXPECT_EQ(parsed(noLists, 350 * kKiB).available(), 500 * kKiB);
  EXPECT_EQ(parsed(noLists, 350 * kKiB + 1).available(), 150 * kKiB);
}

TEST(LinuxMachineBound, RefusesMalformedHugePages) {
  const std::string head = "MemTotal: 1000 kB\nMemAvailable: 150 kB\n";
  EXPECT_EQ(whyRefused(head + "Hugetlb: x\n"), "has a malformed Hugetlb");
  EXPECT_EQ(whyRefused(head + "HugePages_Total: -1\n"), "has a malformed HugePages_Total");
  EXPECT_EQ(whyRefused(head + "Hugepagesize: 2 MB\n"), "has a malformed Hugepagesize");
}

TEST(LinuxGroupBound, IsWhatWasChargedWithoutWhatCanBeGivenBack) {
  EXPECT_EQ(groupBound(100, 80, 30, 10).limit, 100U);
  EXPECT_EQ(groupBound(100, 80, 30, 10).used, 50U);
  EXPECT_EQ(groupBound(100, 80, 0, 10).used, 80U);
}

TEST(LinuxGroupBound, IsNoLessThanWhatIsShownAndNoMoreThanTheLimit) {
  EXPECT_EQ(groupBound(100, 80, 30, 60).used, 60U);
  EXPECT_EQ(groupBound(100, 80, 81, 0).used, 0U);
  EXPECT_EQ(groupBound(100, 80, kMax, 90).used, 90U);
  EXPECT_EQ(groupBound(100, 80, 0, 101).used, 100U);
  EXPECT_EQ(groupBound(100, kMax, 0, 0).used, 100U);
  EXPECT_EQ(groupBound(0, 80, 0, 70).used, 0U);
}

TEST(LinuxReclaimable, IsCleanPageCacheAndReclaimableSlabInV2) {
  MemoryStat stat;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 0U);
  stat.activeFile = 100;
  stat.inactiveFile = 50;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 150U);
  stat.dirty = 30;
  stat.writeback = 20;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 100U);
  stat.slabReclaimable = 7;
  stat.slabUnreclaimable = 5;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 107U);
  stat.writeback = 121;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 7U);
  stat.writeback = kMax;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), 7U);
  stat.activeFile = kMax;
  stat.dirty = stat.writeback = 0;
  EXPECT_EQ(reclaimableV2(stat, stat.slabReclaimable.value_or(0)), kMax);
}

TEST(LinuxReclaimable, IsAllPageCacheAndAShareOfKernelMemoryInV1) {
  MemoryStat stat;
  EXPECT_EQ(reclaimableV1(stat, 0), 0U);
  EXPECT_EQ(reclaimableV1(stat, 9), 9U);
  stat.activeFile = 100;
  stat.inactiveFile = 50;
  stat.dirty = 100;
  stat.writeback = 50;
  EXPECT_EQ(reclaimableV1(stat, 9), 159U);
  EXPECT_EQ(reclaimableV1(stat, kMax), kMax);
}

TEST(LinuxShownInUse, AddsUpListsAndKernelMemory) {
  MemoryStat stat;
  EXPECT_EQ(shownInUse(stat), 0U);
  stat.activeAnon = 1;
  stat.inactiveAnon = 20;
  stat.unevictable = 300;
  EXPECT_EQ(shownInUse(stat), 321U);
  stat.slabUnreclaimable = 4000;
  stat.kernelStack = 50000;
  stat.pageTables = 600000;
  stat.percpu = 7000000;
  stat.sock = 80000000;
  EXPECT_EQ(shownInUse(stat), 87654321U);
  stat.slabReclaimable = stat.activeFile = stat.inactiveFile = kMax;
  EXPECT_EQ(shownInUse(stat), 87654321U);
}

TEST(LinuxShownInUse, PrefersListsToCountsOfAnonymousMemoryAndTmpfs) {
  MemoryStat stat;
  stat.anon = 100;
  stat.shmem = 50;
  // Where there are no lists, mlocked pages are in the two already.
  stat.unevictable = 30;
  EXPECT_EQ(shownInUse(stat), 150U);
  stat.activeAnon = 10;
  EXPECT_EQ(shownInUse(stat), 150U);
  // Pages that MADV_FREE freed are in "anon", but on a list of files.
  stat.inactiveAnon = 40;
  EXPECT_EQ(shownInUse(stat), 80U);
}

TEST(LinuxShownInUse, SumsThatOverflowDoNotWrap) {
  MemoryStat stat;
  stat.anon = kMax;
  stat.shmem = kMax;
  EXPECT_EQ(shownInUse(stat), kMax);
  stat.activeAnon = kMax;
  stat.inactiveAnon = kMax;
  stat.sock = kMax;
  EXPECT_EQ(shownInUse(stat), kMax);
}

}  // namespace
}  // namespace ebbcache
