// The expiry and the time to live of an entry, in one number.
#include <gtest/gtest.h>

#include <cstdint>

#include "base/settable_clock.h"
#include "store/deadline.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kPutAt = uint64_t{1} << 44U;

TEST(StoreDeadline, IsPastOnceNothingIsLeft) {
  const Deadline deadline = Deadline::after(kPutAt, 100);
  EXPECT_EQ(deadline.expiry(), kPutAt + 100);
  EXPECT_FALSE(deadline.isPast(kPutAt));
  EXPECT_FALSE(deadline.isPast(kPutAt + 99));
  EXPECT_TRUE(deadline.isPast(kPutAt + 100));
  EXPECT_TRUE(deadline.isPast(Deadline::kMaxNow));
}

TEST(StoreDeadline, IsPastWhereMoreThanAllWouldBeLeft) {
  const Deadline deadline = Deadline::after(kPutAt, 100);
  EXPECT_TRUE(deadline.isPast(kPutAt - 1));
  EXPECT_TRUE(deadline.isPast(0));
}

TEST(StoreDeadline, KnowsTheTimeToLiveExactlyUpToAMinute) {
  for (uint64_t ttl = 1; ttl <= UINT16_MAX; ++ttl) {
    const Deadline deadline = Deadline::after(kPutAt, ttl);
    ASSERT_FALSE(deadline.isPast(kPutAt + ttl - 1)) << ttl;
    ASSERT_TRUE(deadline.isPast(kPutAt + ttl)) << ttl;
    ASSERT_FALSE(deadline.isPast(kPutAt)) << ttl;
    ASSERT_TRUE(deadline.isPast(kPutAt - 1)) << ttl;
  }
}

TEST(StoreDeadline, RoundsALongerTimeToLiveUpByLessThanA4096th) {
  for (uint64_t ttl = UINT16_MAX; ttl < Deadline::kMaxTtl / 2; ttl += ttl / 7 + 1) {
    const Deadline deadline = Deadline::after(kPutAt, ttl);
    ASSERT_EQ(deadline.expiry(), kPutAt + ttl);
    ASSERT_FALSE(deadline.isPast(kPutAt + ttl - 1)) << ttl;
    ASSERT_TRUE(deadline.isPast(kPutAt + ttl)) << ttl;
    ASSERT_FALSE(deadline.isPast(kPutAt)) << ttl;
    ASSERT_TRUE(deadline.isPast(kPutAt - ttl / 4096 - 1)) << ttl;
  }
}

TEST(StoreDeadline, HasRoomForTheLongestAtAnyTime) {
  for (const uint64_t now : {uint64_t{0}, kPutAt, Deadline::kMaxNow}) {
    for (const uint64_t ttl : {Deadline::kMaxTtl, (uint64_t{1} << 53U) - 1, UINT64_MAX}) {
      const Deadline deadline = Deadline::after(now, ttl);
      EXPECT_FALSE(deadline.isNever());
      EXPECT_FALSE(deadline.isPast(now));
      EXPECT_GT(deadline.expiry(), now);
    }
  }
}

TEST(StoreDeadline, MayBeNever) {
  EXPECT_TRUE(Deadline().isNever());
  EXPECT_EQ(Deadline().expiry(), kNeverExpires);
  EXPECT_TRUE(Deadline::ofBits(Deadline().bits()).isNever());
}

TEST(StoreSettableClock, ShowsTheTimeThatItWasGivenUntilThereIsNone) {
  SettableClock clock([] { return uint64_t{5}; }, 100);
  EXPECT_EQ(clock.now(), 105U);
  EXPECT_FALSE(clock.isGiven());
  clock.give(7);
  EXPECT_EQ(clock.now(), 7U);
  EXPECT_EQ(clock.own(), 105U);
  EXPECT_TRUE(clock.isGiven());
  // This time is before the epoch.
  clock.give(static_cast<uint64_t>(int64_t{-1}));
  EXPECT_EQ(clock.now(), UINT64_MAX);
  clock.give(0);
  EXPECT_EQ(clock.now(), 0U);
  clock.giveNone();
  EXPECT_EQ(clock.now(), 105U);
}

}  // namespace
}  // namespace ebbcache::test
