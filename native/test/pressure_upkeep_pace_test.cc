#include "pressure/upkeep_pace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ebbcache::testing {
namespace {

using std::chrono::milliseconds;

class UpkeepPaceTest : public ::testing::Test {
 public:
  /// A round that begins now and takes this long.
  void round(const UpkeepRound& round, UpkeepScope scope, milliseconds took) {
    pace.note(round, scope, now, now + took);
    now += took;
  }
  milliseconds untilNext() const {
    return std::chrono::duration_cast<milliseconds>(*pace.next() - now);
  }
  UpkeepScope after(milliseconds pause, bool isSampleDue = false) const {
    return pace.at(now + pause, isSampleDue);
  }

  UpkeepPace pace{milliseconds(1000), milliseconds(100)};
  UpkeepPace::Clock::time_point now{};
};

constexpr UpkeepRound kNothing{};
constexpr UpkeepRound kMore{true, true, false};
constexpr UpkeepRound kWaits{false, false, true};

TEST_F(UpkeepPaceTest, BeginsAtOnce) {
  EXPECT_EQ(pace.next(), std::nullopt);
  EXPECT_EQ(pace.at(now, false), UpkeepScope::kAll);
}

TEST_F(UpkeepPaceTest, AllHaveTheirTurnWithASampleAndOnceAnInterval) {
  round(kNothing, UpkeepScope::kAll, milliseconds(0));
  EXPECT_EQ(untilNext(), milliseconds(1000));
  EXPECT_EQ(after(milliseconds(999)), UpkeepScope::kNone);
  EXPECT_EQ(after(milliseconds(1000)), UpkeepScope::kAll);
  EXPECT_EQ(after(milliseconds(1), true), UpkeepScope::kAll);
}

TEST_F(UpkeepPaceTest, WhoHasMoreToDoHasItsTurnSoon) {
  round(kMore, UpkeepScope::kAll, milliseconds(0));
  EXPECT_EQ(untilNext(), UpkeepPace::kShortestPause);
  EXPECT_EQ(after(milliseconds(1)), UpkeepScope::kNone);
  EXPECT_EQ(after(milliseconds(2)), UpkeepScope::kUnfinished);
  now += milliseconds(2);
  round(kNothing, UpkeepScope::kUnfinished, milliseconds(0));
  EXPECT_EQ(untilNext(), milliseconds(998)) << "rounds of some stores delay none of all";
}

TEST_F(UpkeepPaceTest, TakesAtMostAThirdOfACore) {
  milliseconds busy{0};
  const auto began = now;
  for (int i = 0; i < 100; i++) {
    const UpkeepScope scope = pace.at(now, true);
    ASSERT_NE(scope, UpkeepScope::kNone);
    round(kMore, scope, milliseconds(5));
    busy += milliseconds(5);
    EXPECT_EQ(after(milliseconds(9), true), UpkeepScope::kNone) << "nor does a sample";
    now = *pace.next();
  }
  EXPECT_EQ(now - began, 3 * busy);
}

TEST_F(UpkeepPaceTest, AsksThoseThatWaitLessAndLessOften) {
  round(kWaits, UpkeepScope::kAll, milliseconds(0));
  for (const int expected : {4, 8, 16, 32, 64, 100, 100}) {
    EXPECT_EQ(untilNext(), milliseconds(expected));
    round(kWaits, UpkeepScope::kUnfinished, milliseconds(0));
  }
  round(kMore, UpkeepScope::kUnfinished, milliseconds(0));
  EXPECT_EQ(untilNext(), UpkeepPace::kShortestPause);
}

}  // namespace
}  // namespace ebbcache::testing
