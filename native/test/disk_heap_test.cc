// A tier in a process whose heap is exhausted at any allocation: no older value comes back, the
// file's lock is released, and afterwards the tier works on.
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>

#include "disk_tier_fixture.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

/// Runs `act` with the n-th allocation of any thread failing; returns whether it ended normally.
template <typename Act>
bool doneWithoutHeap(uint64_t n, uint64_t& failed, Act&& act) {
  bool isDone = true;
  HeapFaults::failNth(n, FaultsOf::kAllThreads);
  try {
    act();
  } catch (const std::bad_alloc&) {
    isDone = false;
  }
  failed = HeapFaults::disarm();
  return isDone;
}

TEST(DiskHeap, AnExhaustedHeapShowsNoOldValueAndLosesNoChange) {
  uint64_t failures = 0;
  for (uint64_t n = 1; n < 150; ++n) {
    MemoryDisk disk;
    const auto tier = openTier(disk);
    putString(*tier, "a", "old");
    putString(*tier, "b", "old");
    ASSERT_TRUE(tier->settle(kLongMs));
    uint64_t failed = 0;
    bool isPut = false;
    bool isRemoved = false;
    doneWithoutHeap(n, failed, [&] {
      putString(*tier, "a", "new");
      isPut = true;
      tier->remove("b");
      isRemoved = true;
      tier->settle(kLongMs);
    });
    failures += failed;
    for (int round = 0; round < 2; ++round) {
      const auto a = readString(*tier, "a");
      EXPECT_TRUE(!a || a == "new" || (!isPut && a == "old")) << n;
      const auto b = readString(*tier, "b");
      EXPECT_TRUE(!b || !isRemoved) << n;
      ASSERT_TRUE(tier->settle(kLongMs)) << n;
    }
    const auto other = openTier(disk);
    putString(*other, "c", "1");
    ASSERT_TRUE(other->settle(kLongMs)) << n;
    EXPECT_EQ(readString(*tier, "c"), "1") << n;
    EXPECT_EQ(tier->stats().pending, 0U);
  }
  EXPECT_GT(failures, 20U);
}

TEST(DiskHeap, AnExhaustedHeapWhileTheRingIsOpenedKeepsNoLock) {
  uint64_t failures = 0;
  for (uint64_t n = 1; n < 80; ++n) {
    MemoryDisk disk;
    std::shared_ptr<DiskTier> tier;
    uint64_t failed = 0;
    doneWithoutHeap(n, failed, [&] {
      tier = openTier(disk);
      tier->settle(kLongMs);
    });
    failures += failed;
    const auto other = openTier(disk);
    putString(*other, "a", "1");
    ASSERT_TRUE(other->settle(kLongMs)) << n;
    if (tier == nullptr) continue;
    putString(*tier, "b", "2");
    ASSERT_TRUE(tier->settle(kLongMs)) << n;
    EXPECT_EQ(readString(*other, "b"), "2");
  }
  EXPECT_GT(failures, 10U);
}

}  // namespace
}  // namespace ebbcache::test
