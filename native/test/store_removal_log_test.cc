// The removals that a log holds, and those that it loses.
#include <gtest/gtest.h>

#include <deque>
#include <new>
#include <string>
#include <string_view>

#include "heap_faults.h"
#include "removals_fixture.h"
#include "seeded_random.h"
#include "store/entry.h"
#include "store/removal_log.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

TEST(StoreRemovalLog, GivesWhatWasNotedInOrder) {
  RemovalLog log([] {});
  EXPECT_TRUE(log.take(10).isEmpty());
  EXPECT_TRUE(log.note("a", kEvict));
  EXPECT_TRUE(log.note("", kDelete));
  const std::string longest(kMaxKeyBytes, 'k');
  EXPECT_TRUE(log.note(longest, kClear));
  const Noted first = {{"a", kEvict}, {"", kDelete}};
  EXPECT_EQ(removalsIn(log.take(2)), first);
  EXPECT_TRUE(log.hasMore());
  const RemovalBatch rest = log.take(2);
  EXPECT_EQ(removalsIn(rest), (Noted{{longest, kClear}}));
  EXPECT_EQ(rest.lost(), 0U);
  EXPECT_FALSE(log.hasMore());
}

TEST(StoreRemovalLog, WakesOnceUntilNothingIsLeft) {
  uint64_t wakes = 0;
  RemovalLog log([&wakes] { ++wakes; });
  log.lose(0);
  EXPECT_EQ(wakes, 0U);
  log.note("a", kEvict);
  log.note("b", kEvict);
  EXPECT_EQ(wakes, 1U);
  (void)log.take(1);
  log.note("c", kEvict);
  EXPECT_EQ(wakes, 1U);
  (void)log.take(10);
  log.lose(3);
  EXPECT_EQ(wakes, 2U);
  EXPECT_EQ(log.take(10).lost(), 3U);
  log.note("d", kEvict);
  EXPECT_EQ(wakes, 3U);
}

TEST(StoreRemovalLog, WakesAgainWhereThatFailed) {
  uint64_t wakes = 0;
  RemovalLog log([&wakes] {
    if (++wakes == 1) throw std::bad_alloc();
  });
  EXPECT_TRUE(log.note("a", kEvict));
  EXPECT_TRUE(log.note("b", kEvict));
  EXPECT_TRUE(log.note("c", kEvict));
  EXPECT_EQ(wakes, 2U);
  EXPECT_EQ(log.take(10).count(), 3U);
}

TEST(StoreRemovalLog, CountsWhatItHasNoRoomForWhereItWasLost) {
  // Each takes 3 bytes and 5 for the key; a loss takes 11.
  RemovalLog log([] {}, 32);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(log.note("key-" + std::to_string(i), kEvict));
  EXPECT_FALSE(log.note("key-4", kEvict));
  EXPECT_FALSE(log.note("", kEvict));
  log.lose(5);
  EXPECT_EQ(log.take(1).count(), 1U);
  // There is room for the key, but not for both the key and the loss before it.
  EXPECT_FALSE(log.note("key-5", kEvict));
  EXPECT_EQ(log.take(2).count(), 2U);
  EXPECT_TRUE(log.note("key-6", kEvict));
  const RemovalBatch before = log.take(10);
  EXPECT_EQ(removalsIn(before), (Noted{{"key-3", kEvict}}));
  EXPECT_EQ(before.lost(), 8U);
  const RemovalBatch after = log.take(10);
  EXPECT_EQ(removalsIn(after), (Noted{{"key-6", kEvict}}));
  EXPECT_EQ(after.lost(), 0U);
}

TEST(StoreRemovalLog, GivesOnlyALossWhereNothingIsHeldBeforeIt) {
  RemovalLog log([] {}, 16);
  EXPECT_FALSE(log.note("longer than the ring", kEvict));
  RemovalBatch batch = log.take(0);
  EXPECT_EQ(batch.count(), 0U);
  EXPECT_EQ(batch.lost(), 1U);
  EXPECT_FALSE(log.hasMore());
}

TEST(StoreRemovalLog, TakesNoMemoryToNote) {
  RemovalLog log([] {}, 64);
  EXPECT_TRUE(needsNoHeap([&log] {
    for (int i = 0; i < 100; ++i) log.note("some key", kEvict);
  }));
  EXPECT_EQ(log.take(100).lost(), 95U);
}

TEST(StoreRemovalLog, CountsAllAsLostWhereTheHeapHasNoRoomForThem) {
  RemovalLog log([] {}, 256);
  const std::string key(40, 'k');
  // The ring has room for five; of nine, four are lost, and one more follows them.
  for (int i = 0; i < 9; ++i) log.note(key, kEvict);
  (void)log.take(2);
  log.note(key, kEvict);
  HeapFaults::failFrom(1);
  const RemovalBatch batch = log.take(10);
  EXPECT_GT(HeapFaults::disarm(), 0U);
  EXPECT_EQ(batch.count(), 0U);
  EXPECT_EQ(batch.lost(), 8U);
  EXPECT_FALSE(log.hasMore());
}

/// A queue without bounds shows what the log must hold, through many turns of the ring.
TEST(StoreRemovalLog, LosesNothingUncounted) {
  SeededRandom random(1);
  constexpr size_t kCapacity = 200;
  RemovalLog log([] {}, kCapacity);
  std::deque<std::string> all;
  uint64_t lost = 0;
  uint64_t given = 0;
  const auto takeSome = [&](uint64_t maxCount) {
    const RemovalBatch batch = log.take(maxCount);
    for (const auto& [key, reason] : removalsIn(batch)) {
      ASSERT_FALSE(all.empty());
      ASSERT_EQ(key, all.front());
      ASSERT_EQ(reason, static_cast<RemovalReason>(key.size() % 6));
      all.pop_front();
      ++given;
    }
    ASSERT_GE(all.size(), batch.lost());
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(batch.lost()));
    lost += batch.lost();
  };
  for (uint64_t i = 0; i < scaled(20'000); ++i) {
    const std::string key = std::to_string(i) + std::string(random.below(40), 'x');
    all.push_back(key);
    log.note(key, static_cast<RemovalReason>(key.size() % 6));
    if (random.oneIn(8)) takeSome(random.below(12));
  }
  while (log.hasMore()) takeSome(5);
  EXPECT_TRUE(all.empty());
  EXPECT_GT(lost, 0U);
  EXPECT_GT(given, 0U);
}

}  // namespace
}  // namespace ebbcache::test
