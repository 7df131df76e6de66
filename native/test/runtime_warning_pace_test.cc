// The warnings of the process that are admitted.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/warning_pace.h"

namespace ebbcache::test {
namespace {

using HeldBack = std::optional<uint64_t>;

TEST(WarningPace, AdmitsOneOfEachKindInAnInterval) {
  WarningPace pace;
  EXPECT_EQ(pace.admit("disk", 1000, 60), HeldBack(0));
  EXPECT_EQ(pace.admit("disk", 1000, 60), std::nullopt);
  EXPECT_EQ(pace.admit("remote", 1000, 60), HeldBack(0));
  EXPECT_EQ(pace.admit("disk", 1059, 60), std::nullopt);
  EXPECT_EQ(pace.admit("disk", 1060, 60), HeldBack(2));
  EXPECT_EQ(pace.admit("disk", 1120, 60), HeldBack(0));
}

TEST(WarningPace, AdmitsOneAfterTheClockWasSetBack) {
  WarningPace pace;
  EXPECT_EQ(pace.admit("disk", 1000, 60), HeldBack(0));
  EXPECT_EQ(pace.admit("disk", 10, 60), HeldBack(0));
  EXPECT_EQ(pace.admit("disk", 11, 60), std::nullopt);
}

TEST(WarningPace, ForgetsWhatItAdmitted) {
  WarningPace pace;
  EXPECT_EQ(pace.admit("disk", 1000, 60), HeldBack(0));
  pace.forget();
  EXPECT_EQ(pace.admit("disk", 1000, 60), HeldBack(0));
}

TEST(WarningPace, AdmitsOneOfManyThreads) {
  WarningPace pace;
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        if (pace.admit("disk", 1000, 60)) ++admitted;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(admitted, 1);
  EXPECT_EQ(pace.admit("disk", 2000, 60), HeldBack(3999));
}

}  // namespace
}  // namespace ebbcache::test
