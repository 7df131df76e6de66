// These tests are about the parsers of the shorter texts.
#include <gtest/gtest.h>

#include "memory/linux/process.h"
#include "memory/linux/psi.h"
#include "memory/linux/text.h"

namespace ebbcache {
namespace {

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
