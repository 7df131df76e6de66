#include <gtest/gtest.h>

#include "memory/linux/meminfo.h"

namespace ebbcache {
namespace {

TEST(LinuxMeminfo, ReadsKilobytesCountsAndPlainNumbers) {
  const Meminfo meminfo = parseMeminfo(
      "MemTotal:       1000 kB\nHugePages_Total:       3\nHugepagesize:     2048 kB\n");
  EXPECT_EQ(meminfo.memTotal.value, 1000U * 1024);
  EXPECT_EQ(meminfo.hugePages.value, 3U);
  EXPECT_EQ(meminfo.hugePageBytes.value, 2048U * 1024);
}

TEST(LinuxMeminfo, ReadsLinesInAnyOrderAndTheLastOfAName) {
  const Meminfo meminfo = parseMeminfo(
      "Hugetlb: 9 kB\nPercpu: 8 kB\nnonsense\nSlab: 7 kB\nMemFree: 1 kB\nUnknown: x\n"
      "MemTotal: 6 kB\nMemFree: 5 kB");
  EXPECT_EQ(meminfo.hugetlb.value, 9U * 1024);
  EXPECT_EQ(meminfo.percpu.value, 8U * 1024);
  EXPECT_EQ(meminfo.slab.value, 7U * 1024);
  EXPECT_EQ(meminfo.memTotal.value, 6U * 1024);
  EXPECT_EQ(meminfo.memFree.value, 5U * 1024);
}

TEST(LinuxMeminfo, TellsMissingLinesFromMalformedOnes) {
  const Meminfo meminfo = parseMeminfo("Shmem: many kB\nCached 5 kB\nActive(file): 7 kB\n");
  EXPECT_TRUE(meminfo.shmem.isThere);
  EXPECT_TRUE(meminfo.shmem.isMalformed());
  EXPECT_EQ(meminfo.shmem.valueOr0(), 0U);
  EXPECT_FALSE(meminfo.cached.isThere);
  EXPECT_FALSE(meminfo.cached.isMalformed());
  EXPECT_FALSE(meminfo.active.isThere);
}

}  // namespace
}  // namespace ebbcache
