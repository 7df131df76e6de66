#include <gtest/gtest.h>

#include "memory/linux/stall_meter.h"

namespace ebbcache {
namespace {

/// Counts in milliseconds since the first call.
class LinuxStallMeter : public ::testing::Test {
 protected:
  bool update(int atMs, uint64_t totalMs) {
    return meter_.update(StallMeter::Clock::time_point() + std::chrono::milliseconds(atMs),
                         totalMs * 1000);
  }

 private:
  StallMeter meter_;
};

TEST_F(LinuxStallMeter, CountsFromTheFirstCall) {
  EXPECT_FALSE(update(0, 5000));
  EXPECT_FALSE(update(100, 5000));
  EXPECT_FALSE(update(200, 5099));
  EXPECT_TRUE(update(300, 5100));
}

TEST_F(LinuxStallMeter, SaysOneThingOnce) {
  EXPECT_FALSE(update(0, 0));
  EXPECT_TRUE(update(100, 150));
  for (int at = 200; at < 10'000; at += 100) EXPECT_FALSE(update(at, 150)) << at;
}

TEST_F(LinuxStallMeter, SaysWhatLastsOnceInAWindow) {
  int reports = 0;
  EXPECT_FALSE(update(0, 0));
  for (int at = 100; at <= 10'100; at += 100) reports += update(at, static_cast<uint64_t>(at));
  // It is reported at 100 ms and every 2 s from then on.
  EXPECT_EQ(reports, 6);
}

TEST_F(LinuxStallMeter, IsSilentBelowTheRatio) {
  // This is 4.9 % of the time; the trigger's ratio is 5 %.
  for (int at = 0; at < 60'000; at += 100) {
    EXPECT_FALSE(update(at, static_cast<uint64_t>(at) * 49 / 1000)) << at;
  }
}

TEST_F(LinuxStallMeter, SeesStallsThatLieAcrossTwoWindows) {
  EXPECT_FALSE(update(0, 0));
  EXPECT_FALSE(update(1900, 0));
  EXPECT_FALSE(update(2000, 80));
  EXPECT_TRUE(update(2100, 130));
}

TEST_F(LinuxStallMeter, ForgetsWhatIsLongerAgoThanAWindow) {
  EXPECT_FALSE(update(0, 0));
  EXPECT_FALSE(update(100, 80));
  EXPECT_FALSE(update(2000, 80));
  EXPECT_FALSE(update(4000, 80));
  EXPECT_FALSE(update(4100, 160));
}

TEST_F(LinuxStallMeter, TakesGrowthBetweenRareCallsToBeEven) {
  EXPECT_FALSE(update(0, 0));
  EXPECT_FALSE(update(10'000, 499));
  EXPECT_TRUE(update(20'000, 999));
}

TEST_F(LinuxStallMeter, BeginsAnewWhereTheCountFalls) {
  EXPECT_FALSE(update(0, 5000));
  EXPECT_FALSE(update(100, 10));
  EXPECT_FALSE(update(200, 100));
  EXPECT_TRUE(update(300, 110));
}

TEST(LinuxStallMeterOfBytes, CountsAnyOtherThingByItsThreshold) {
  constexpr uint64_t kThreshold = uint64_t{64} << 20;
  const auto at = [](int ms) {
    return StallMeter::Clock::time_point() + std::chrono::milliseconds(ms);
  };
  StallMeter meter(kThreshold);
  EXPECT_FALSE(meter.update(at(0), 1000));
  EXPECT_FALSE(meter.update(at(100), 1000 + kThreshold - 1));
  EXPECT_TRUE(meter.update(at(200), 1000 + kThreshold));
  // The meter reports once in a window, and not again what it reported.
  EXPECT_FALSE(meter.update(at(2199), 1000 + 3 * kThreshold));
  EXPECT_TRUE(meter.update(at(2200), 1000 + 3 * kThreshold));
  EXPECT_FALSE(meter.update(at(4300), 1000 + 3 * kThreshold));
}

TEST(LinuxStallMeterOfBytes, SaysSoAtOnceForAThresholdOfOne) {
  StallMeter meter(1);
  EXPECT_FALSE(meter.update(StallMeter::Clock::time_point(), 7));
  EXPECT_FALSE(meter.update(StallMeter::Clock::time_point(), 7));
  EXPECT_TRUE(meter.update(StallMeter::Clock::time_point(), 8));
}

}  // namespace
}  // namespace ebbcache
