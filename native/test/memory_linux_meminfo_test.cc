#include <gtest/gtest.h>

#include "memory/linux/meminfo.h"
#include "memory/linux/process.h"
#include "memory/linux/psi.h"
#include "memory/linux/text.h"
#include "memory/linux/used_memory.h"

namespace ebbcache {
namespace {

constexpr uint64_t kKiB = 1024;

MemoryBound parsed(std::string_view text) {
  MemoryBound bound;
  std::string why;
  EXPECT_TRUE(machineBound(parseMeminfo(text), 0, bound, why)) << why;
  return bound;
}

std::string whyRefused(std::string_view text) {
  MemoryBound bound{1, 2};
  std::string why;
  EXPECT_FALSE(machineBound(parseMeminfo(text), 0, bound, why));
  EXPECT_EQ(bound.limit, 1U);
  EXPECT_EQ(bound.used, 2U);
  return why;
}

TEST(Meminfo, ReadsTotalAndAvailable) {
  const auto bound = parsed("MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  600 kB\n");
  EXPECT_EQ(bound.limit, 1000 * kKiB);
  EXPECT_EQ(bound.used, 400 * kKiB);
}

TEST(Meminfo, NeedsNeitherSpaceAfterColonNorLastNewline) {
  EXPECT_EQ(parsed("MemTotal:1000 kB\nMemAvailable:250 kB").used, 750 * kKiB);
}

TEST(Meminfo, EstimatesWhereMemAvailableIsAbsentOrZero) {
  const std::string fields =
      "MemFree: 100 kB\nBuffers: 20 kB\nCached: 30 kB\nSwapCached: 99 kB\nSReclaimable: 5 kB\n";
  EXPECT_EQ(parsed("MemTotal: 1000 kB\n" + fields).available(), 155 * kKiB);
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemAvailable: 0 kB\n" + fields).available(), 155 * kKiB);
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemFree: 100 kB\n").available(), 100 * kKiB);
}

TEST(Meminfo, DoesNotBelieveMoreAvailableThanTotal) {
  const std::string head = "MemTotal: 1000 kB\nMemAvailable: 50000 kB\n";
  EXPECT_EQ(parsed(head + "MemFree: 100 kB\nCached: 200 kB\n").available(), 300 * kKiB);
  EXPECT_EQ(parsed(head + "MemFree: 100 kB\nCached: 20000 kB\n").available(), 100 * kKiB);
  EXPECT_EQ(parsed(head + "MemFree: 40000 kB\nCached: 20000 kB\n").available(), 1000 * kKiB);
}

TEST(Meminfo, TakesNothingLeftAsNothingLeft) {
  const auto bound = parsed("MemTotal: 1000 kB\nMemAvailable: 0 kB\nMemFree: 0 kB\n");
  EXPECT_EQ(bound.used, bound.limit);
}

TEST(Meminfo, RefusesWhatItCannotBelieve) {
  EXPECT_EQ(whyRefused(""), "has no MemTotal");
  EXPECT_EQ(whyRefused("MemFree: 1 kB\nMemAvailable: 1 kB\n"), "has no MemTotal");
  EXPECT_EQ(whyRefused("MemTotal: 0 kB\nMemAvailable: 1 kB\n"), "says that MemTotal is 0");
  EXPECT_EQ(whyRefused("MemTotal: 9 kB\n"), "has neither a usable MemAvailable nor a MemFree");
  for (const std::string bad : {"", "-5 kB", "x kB", "1.5 kB", "5 MB", "12x kB", "kB", "+5 kB",
                                "99999999999999999999999999 kB", "18446744073709551615 kB"}) {
    EXPECT_EQ(whyRefused("MemTotal: " + bad + "\nMemAvailable: 1 kB\n"),
              "has a malformed MemTotal");
    EXPECT_EQ(whyRefused("MemTotal: 9 kB\nMemAvailable: " + bad + "\n"),
              "has a malformed MemAvailable");
    EXPECT_EQ(whyRefused("MemTotal: 9 kB\nMemFree: 1 kB\nCached: " + bad + "\n"),
              "has a malformed Cached");
  }
}

TEST(Meminfo, SumsThatOverflowDoNotWrap) {
  EXPECT_EQ(parsed("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 18014398509481983 kB\n"
                   "Cached: 18014398509481983 kB\n")
                .available(),
            100 * kKiB);
}

TEST(Statm, ReadsPages) {
  uint64_t rss = 0;
  uint64_t virtualSize = 0;
  ASSERT_TRUE(parseStatm("5000 1000 500 5 0 600 0\n", 4096, rss, virtualSize));
  EXPECT_EQ(rss, 1000U * 4096);
  EXPECT_EQ(virtualSize, 5000U * 4096);
  for (const char* const bad : {"", "5", "5 -1", "a b", "5 18446744073709551615", "\n\n"}) {
    EXPECT_FALSE(parseStatm(bad, 4096, rss, virtualSize)) << bad;
  }
}

TEST(Psi, ReadsBothAverages) {
  PsiAverages averages;
  ASSERT_TRUE(
      parsePsi("some avg10=12.34 avg60=1.00 avg300=0.00 total=5\n"
               "full avg10=0.05 avg60=0.00 avg300=0.00 total=1\n",
               averages));
  EXPECT_DOUBLE_EQ(averages.someAvg10, 12.34);
  EXPECT_DOUBLE_EQ(averages.fullAvg10, 0.05);
  ASSERT_TRUE(parsePsi("some avg10=100.00\nfull avg10=0.00\n", averages));
  EXPECT_DOUBLE_EQ(averages.someAvg10, 100.0);
}

TEST(Psi, RefusesOtherTexts) {
  PsiAverages averages;
  for (const char* const bad :
       {"", "some avg10=1.00 avg60=1.00\n", "some avg10=x\nfull avg10=0.00\n",
        "some avg10=-1.00\nfull avg10=0.00\n", "some avg10=101.00\nfull avg10=0.00\n",
        "some avg10=1\nfull avg10=1\n", "some avg60=1.00\nfull avg60=1.00\n"}) {
    EXPECT_FALSE(parsePsi(bad, averages)) << bad;
  }
}

TEST(Text, ParsesNumbersThatFitOnly) {
  EXPECT_EQ(parseUint64("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parseUint64("0"), 0U);
  for (const char* const bad :
       {"18446744073709551616", "", "-1", "+1", " 1", "1 ", "0x10", "1e3"}) {
    EXPECT_FALSE(parseUint64(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace ebbcache
