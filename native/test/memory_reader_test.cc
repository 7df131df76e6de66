// The properties of the readers of all operating systems.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "memory/snapshot.h"

namespace ebbcache {
namespace {

TEST(MemoryReader, GivesPlausibleNumbers) {
  const auto reader = openMemoryReader();
  ASSERT_NE(reader, nullptr);
  MemorySnapshot snapshot;
  std::string error;
  ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
  const MemoryBound system = snapshot.usage.system;
  EXPECT_GT(system.limit, uint64_t{64} << 20);
  EXPECT_GT(system.used, 0U);
  EXPECT_LE(system.used, system.limit);
  EXPECT_GT(snapshot.processRss, uint64_t{256} << 10);
  EXPECT_LT(snapshot.processRss, system.limit);
  EXPECT_GT(snapshot.processVirtual, 0U);
  if (snapshot.usage.group) {
    EXPECT_LE(snapshot.usage.group->used, snapshot.usage.group->limit);
  }
}

TEST(MemoryReader, SeesThisProcessGrow) {
  constexpr size_t kGrowth = size_t{64} << 20;
  const auto reader = openMemoryReader();
  bool hasGrown = false;
  // The memory of earlier tests may go back to the system meanwhile, for some seconds: by threads
  // that release slabs, or a kernel that reclaims cold pages ahead of need.
  for (int attempt = 0; attempt < 500 && !hasGrown; ++attempt) {
    MemorySnapshot before;
    MemorySnapshot after;
    std::string error;
    ASSERT_TRUE(reader->readSnapshot(before, error)) << error;
    std::vector<char> touched(kGrowth, 'x');
    ASSERT_TRUE(reader->readSnapshot(after, error)) << error;
    hasGrown = after.processRss >= before.processRss + kGrowth / 2;
    EXPECT_EQ(std::memchr(touched.data(), 'y', touched.size()), nullptr);
  }
  EXPECT_TRUE(hasGrown);
}

TEST(MemoryReader, ComputesThePercentageUsedOfABound) {
  EXPECT_DOUBLE_EQ((MemoryBound{200, 50}.percentUsed()), 25.0);
  EXPECT_EQ((MemoryBound{200, 50}.available()), 150U);
  EXPECT_DOUBLE_EQ(MemoryBound{}.percentUsed(), 0.0);
}

}  // namespace
}  // namespace ebbcache
