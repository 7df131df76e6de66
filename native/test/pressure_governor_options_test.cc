// The options of a governor: which are valid, and the sentence about those that are not.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>

#include "pressure/governor_options.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(GovernorOptions, SayWhichIsOutOfRange) {
  EXPECT_EQ(GovernorOptions().whyInvalid(), "");
  const auto why = [](const std::function<void(GovernorOptions&)>& change) {
    GovernorOptions options;
    change(options);
    return options.whyInvalid();
  };
  const double nan = std::nan("");
  EXPECT_EQ(why([](auto& options) { options.interval = milliseconds(0); }),
            "The interval is 0 ms, but it must be from 1 ms to a day.");
  EXPECT_EQ(why([](auto& options) { options.longestInterval = milliseconds(99); }),
            "The longest interval is 99 ms, but it must be from 100 ms to a day.");
  EXPECT_EQ(why([](auto& options) { options.targets.high = 83; }),
            "The high target is 83 %, but it must be above 0 and at most 82 %, where its level is "
            "left.");
  EXPECT_NE(why([&](auto& options) { options.targets.critical = nan; }), "");
  EXPECT_EQ(why([](auto& options) { options.shares.high = 0.8; }),
            "The high share is 80 %, but it must be from 0 to 75 %.");
  EXPECT_NE(why([&](auto& options) { options.shares.elevated = nan; }), "");
  EXPECT_EQ(why([](auto& options) { options.regrowStep = 0; }),
            "The regrow step is 0 %, but it must be above 0 and at most 100 %.");
  EXPECT_NE(why([&](auto& options) { options.regrowStep = nan; }), "");
  EXPECT_NE(why([](auto& options) { options.regrowInterval = hours(25); }), "");
  EXPECT_NE(why([](auto& options) { options.upkeepInterval = milliseconds(0); }), "");
  EXPECT_NE(why([](auto& options) { options.thresholds.high = 75; }), "");
}

}  // namespace
}  // namespace ebbcache::testing
