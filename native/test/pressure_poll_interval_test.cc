#include <gtest/gtest.h>

#include "pressure/poll_interval.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kGiB = uint64_t{1} << 30;

milliseconds pauseAt(MemoryUsage usage) {
  return nextPollDelay(usage, 75, milliseconds(100), milliseconds(1000));
}

MemoryUsage machineOf(uint64_t limit, uint64_t used) {
  MemoryUsage usage;
  usage.system = {limit, used};
  return usage;
}

TEST(PollInterval, IsShortWhereAThresholdIsNear) {
  EXPECT_EQ(pauseAt(machineOf(kGiB, 0)), milliseconds(100));
  EXPECT_EQ(pauseAt(machineOf(64 * kGiB, 47 * kGiB)), milliseconds(100));
  EXPECT_EQ(pauseAt(machineOf(64 * kGiB, 48 * kGiB)), milliseconds(100));
  EXPECT_EQ(pauseAt(machineOf(64 * kGiB, 64 * kGiB)), milliseconds(100));
}

TEST(PollInterval, GrowsWithTheDistance) {
  EXPECT_EQ(pauseAt(machineOf(64 * kGiB, 40 * kGiB)), milliseconds(500));
  EXPECT_EQ(pauseAt(machineOf(64 * kGiB, 32 * kGiB)), milliseconds(1000));
  EXPECT_EQ(pauseAt(machineOf(16384 * kGiB, 0)), milliseconds(1000));
}

TEST(PollInterval, TheNearestBoundDecides) {
  MemoryUsage usage = machineOf(64 * kGiB, 0);
  usage.group = MemoryBound{kGiB, 0};
  EXPECT_EQ(pauseAt(usage), milliseconds(100));
  usage.group = MemoryBound{16 * kGiB, 4 * kGiB};
  EXPECT_EQ(pauseAt(usage), milliseconds(500));
}

TEST(PollInterval, NeverReachesAThresholdUnseen) {
  for (uint64_t used = 0; used <= 48; used++) {
    const MemoryUsage usage = machineOf(64 * kGiB, used * kGiB);
    const auto pause = pauseAt(usage);
    if (pause == milliseconds(100)) continue;
    const double filled = kFastestFill * static_cast<double>(pause.count()) / 1000;
    EXPECT_LE(static_cast<double>(usage.system.used) + filled, 48.0 * kGiB) << used;
  }
}

}  // namespace
}  // namespace ebbcache
