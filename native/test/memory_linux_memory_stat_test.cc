#include "memory/linux/memory_stat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace ebbcache {
namespace {

constexpr const char* kTextV1 =
    "cache 1\nrss 2\nshmem 3\ninactive_anon 4\nactive_anon 5\ninactive_file 6\nactive_file 7\n"
    "unevictable 8\nhierarchical_memory_limit 101\nhierarchical_memsw_limit 102\ntotal_cache 9\n"
    "total_rss 103\ntotal_shmem 104\ntotal_dirty 105\ntotal_writeback 106\n"
    "total_workingset_refault_file 107\ntotal_inactive_anon 108\ntotal_active_anon 109\n"
    "total_inactive_file 110\ntotal_active_file 111\ntotal_unevictable 112\n";

constexpr const char* kTextV2 =
    "anon 201\nfile 1\nkernel 2\nkernel_stack 202\npagetables 203\nsec_pagetables 3\npercpu 204\n"
    "sock 205\nshmem 206\nfile_dirty 207\nfile_writeback 208\ninactive_anon 209\nactive_anon 210\n"
    "inactive_file 211\nactive_file 212\nunevictable 213\nslab_reclaimable 214\n"
    "slab_unreclaimable 215\nslab 4\nworkingset_refault_anon 5\nworkingset_refault_file 216\n";

MemoryStat parsed(CgroupVersion version, std::string_view text) {
  MemoryStat stat;
  std::string why;
  EXPECT_TRUE(parseMemoryStat(version, text, stat, why)) << why;
  return stat;
}

std::string whyRefused(CgroupVersion version, std::string_view text) {
  MemoryStat stat;
  stat.anon = 4711;
  std::string why;
  EXPECT_FALSE(parseMemoryStat(version, text, stat, why));
  EXPECT_EQ(stat.anon, 4711U);
  EXPECT_FALSE(stat.sock.has_value());
  return why;
}

void expectV1(const MemoryStat& stat) {
  EXPECT_EQ(stat.hierarchicalLimit, 101U);
  EXPECT_EQ(stat.hierarchicalSumLimit, 102U);
  EXPECT_EQ(stat.anon, 103U);
  EXPECT_EQ(stat.shmem, 104U);
  EXPECT_EQ(stat.dirty, 105U);
  EXPECT_EQ(stat.writeback, 106U);
  EXPECT_EQ(stat.refaultedPages, 107U);
  EXPECT_EQ(stat.inactiveAnon, 108U);
  EXPECT_EQ(stat.activeAnon, 109U);
  EXPECT_EQ(stat.inactiveFile, 110U);
  EXPECT_EQ(stat.activeFile, 111U);
  EXPECT_EQ(stat.unevictable, 112U);
}

void expectV2(const MemoryStat& stat) {
  EXPECT_EQ(stat.anon, 201U);
  EXPECT_EQ(stat.kernelStack, 202U);
  EXPECT_EQ(stat.pageTables, 203U);
  EXPECT_EQ(stat.percpu, 204U);
  EXPECT_EQ(stat.sock, 205U);
  EXPECT_EQ(stat.shmem, 206U);
  EXPECT_EQ(stat.dirty, 207U);
  EXPECT_EQ(stat.writeback, 208U);
  EXPECT_EQ(stat.inactiveAnon, 209U);
  EXPECT_EQ(stat.activeAnon, 210U);
  EXPECT_EQ(stat.inactiveFile, 211U);
  EXPECT_EQ(stat.activeFile, 212U);
  EXPECT_EQ(stat.unevictable, 213U);
  EXPECT_EQ(stat.slabReclaimable, 214U);
  EXPECT_EQ(stat.slabUnreclaimable, 215U);
  EXPECT_EQ(stat.refaultedPages, 216U);
}

std::vector<std::string> linesOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Returns the text with its lines backwards, and then once for each line that it can begin at.
std::vector<std::string> ordersOf(const std::string& text) {
  std::vector<std::string> lines = linesOf(text);
  std::vector<std::string> orders{joined({lines.rbegin(), lines.rend()})};
  for (size_t i = 0; i < lines.size(); ++i) {
    std::rotate(lines.begin(), lines.begin() + 1, lines.end());
    orders.push_back(joined(lines));
  }
  return orders;
}

TEST(LinuxMemoryStat, ReadsFieldsInTheOrderOfTheKernel) {
  expectV1(parsed(CgroupVersion::kV1, kTextV1));
  expectV2(parsed(CgroupVersion::kV2, kTextV2));
}

TEST(LinuxMemoryStat, ReadsFieldsInAnyOrder) {
  for (const std::string& text : ordersOf(kTextV1)) expectV1(parsed(CgroupVersion::kV1, text));
  for (const std::string& text : ordersOf(kTextV2)) expectV2(parsed(CgroupVersion::kV2, text));
}

TEST(LinuxMemoryStat, ReadsALastLineWithoutItsNewline) {
  EXPECT_EQ(parsed(CgroupVersion::kV2, "anon 5\nsock 67").sock, 67U);
  EXPECT_EQ(parsed(CgroupVersion::kV1, "total_rss 89").anon, 89U);
}

TEST(LinuxMemoryStat, TakesTheLastOfSeveralLinesOfAName) {
  EXPECT_EQ(parsed(CgroupVersion::kV2, "sock 1\nanon 2\nsock 3\n").sock, 3U);
  EXPECT_EQ(parsed(CgroupVersion::kV2, "sock 1\nsock 2\n").sock, 2U);
}

TEST(LinuxMemoryStat, LeavesOutWhatItDoesNotKnow) {
  const std::string odd =
      "\n \nfuture max\nanonymous x\nan y\nAnon z\n anon 5\nanon\t5\n\xff\xfe\n";
  const MemoryStat stat = parsed(CgroupVersion::kV2, odd + "sock 7\n" + odd);
  EXPECT_EQ(stat.sock, 7U);
  EXPECT_FALSE(stat.anon.has_value());
}

TEST(LinuxMemoryStat, TellsFieldsOfOneVersionOnly) {
  const MemoryStat v1 = parsed(CgroupVersion::kV1, kTextV2);
  EXPECT_FALSE(v1.anon.has_value());
  EXPECT_FALSE(v1.inactiveFile.has_value());
  EXPECT_FALSE(v1.slabReclaimable.has_value());
  const MemoryStat v2 = parsed(CgroupVersion::kV2, "total_rss 1\nhierarchical_memory_limit 2\n");
  EXPECT_FALSE(v2.anon.has_value());
  EXPECT_FALSE(v2.hierarchicalLimit.has_value());
}

TEST(LinuxMemoryStat, ReadsTheNameThatOldKernelsHaveForRefaults) {
  EXPECT_EQ(parsed(CgroupVersion::kV2, "workingset_refault 12\n").refaultedPages, 12U);
}

TEST(LinuxMemoryStat, ReadsAnEmptyTextAsNothing) {
  EXPECT_FALSE(parsed(CgroupVersion::kV1, "").activeFile.has_value());
  EXPECT_FALSE(parsed(CgroupVersion::kV2, "").activeFile.has_value());
}

TEST(LinuxMemoryStat, ReadsTheLargestNumber) {
  EXPECT_EQ(parsed(CgroupVersion::kV2, "sock 18446744073709551615\n").sock, UINT64_MAX);
}

TEST(LinuxMemoryStat, RefusesKnownFieldsThatAreNoNumbers) {
  for (const std::string bad :
       {"", " ", " x", " -1", " 1.5", " 18446744073709551616", " 0x1", " max", " +1", " 1kB"}) {
    EXPECT_EQ(whyRefused(CgroupVersion::kV2, "anon 1\nsock" + bad + "\nshmem 2\n"),
              "has a malformed sock");
    EXPECT_EQ(whyRefused(CgroupVersion::kV1, "total_active_file" + bad),
              "has a malformed total_active_file");
  }
}

}  // namespace
}  // namespace ebbcache
