// A disk tier whose times to live follow a given time.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk_tier_fixture.h"

namespace ebbcache::test {
namespace {

constexpr int64_t kGivenMs = 1'700'000'000'000;
constexpr uint64_t kLifeMs = 1000;

class DiskGivenTime : public ::testing::TestWithParam<bool> {
 protected:
  /// With the parameter, puts are in the ring before they are read; else they may still wait.
  void put(std::string_view key) {
    putString(*tier, key, "value", kLifeMs);
    if (!GetParam()) return;
    ASSERT_TRUE(tier->settle(kLongMs));
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> found;
    uint64_t cursor = 0;
    do {
      cursor = tier->scan(cursor, [&](std::string_view key) { found.emplace_back(key); });
    } while (cursor != 0);
    return found;
  }
  void expectThere(bool isThere) {
    EXPECT_EQ(tier->has("key"), isThere);
    EXPECT_EQ(readString(*tier, "key").has_value(), isThere);
    EXPECT_EQ(keys().size(), isThere ? 1U : 0U);
  }

  MemoryDisk disk;
  std::shared_ptr<DiskTier> tier = openTier(disk);
};

TEST_P(DiskGivenTime, EndsTheTimeToLive) {
  ASSERT_TRUE(tier->settle(kLongMs));
  tier->giveTime(kGivenMs);
  put("key");
  fakeNow() += kLifeMs;
  expectThere(true);
  tier->giveTime(kGivenMs + int64_t{kLifeMs} - 1);
  expectThere(true);
  tier->giveTime(kGivenMs + int64_t{kLifeMs});
  expectThere(false);
}

TEST_P(DiskGivenTime, EndsItWhenItIsSetBack) {
  ASSERT_TRUE(tier->settle(kLongMs));
  tier->giveTime(kGivenMs);
  put("key");
  tier->giveTime(kGivenMs - 1);
  expectThere(false);
}

TEST_P(DiskGivenTime, MayBeBeforeTheEpoch) {
  ASSERT_TRUE(tier->settle(kLongMs));
  tier->giveTime(-5000);
  put("key");
  tier->giveTime(-5000 + int64_t{kLifeMs} - 1);
  expectThere(true);
  tier->giveTime(-5000 + int64_t{kLifeMs});
  expectThere(false);
}

TEST_P(DiskGivenTime, IsTheTiersOwnAgainAfterwards) {
  ASSERT_TRUE(tier->settle(kLongMs));
  tier->giveTime(kGivenMs);
  tier->giveNoTime();
  put("key");
  expectThere(true);
  fakeNow() += kLifeMs;
  expectThere(false);
}

INSTANTIATE_TEST_SUITE_P(Disk, DiskGivenTime, ::testing::Bool());

}  // namespace
}  // namespace ebbcache::test
