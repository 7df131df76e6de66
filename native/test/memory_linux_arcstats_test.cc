#include "memory/linux/arcstats.h"

#include <gtest/gtest.h>

namespace ebbcache {
namespace {

TEST(LinuxArcstats, AreReclaimableAboveTheMinimum) {
  EXPECT_EQ(parseReclaimableArc("13 1 0x01 96 26112 8 9\nname type data\nhits 4 5\n"
                                "c_min                           4    1000\n"
                                "size                            4    5000\n"),
            4000U);
  EXPECT_EQ(parseReclaimableArc("size 4 5000\nc_min 4 1000"), 4000U);
}

TEST(LinuxArcstats, AreNotReclaimableUpToTheMinimum) {
  EXPECT_EQ(parseReclaimableArc("size 4 1000\nc_min 4 1000\n"), 0U);
  EXPECT_EQ(parseReclaimableArc("size 4 0\nc_min 4 18446744073709551615\n"), 0U);
}

TEST(LinuxArcstats, TakeNoOtherSizeForTheirs) {
  EXPECT_EQ(parseReclaimableArc("compressed_size 4 7\nsize 4 5000\nhdr_size 4 8\nc 4 9\n"
                                "c_min 4 1000\nc_max 4 6\nsize_ 4 x\n"),
            4000U);
}

TEST(LinuxArcstats, TellNothingWithoutBothNumbers) {
  for (const char* const text :
       {"", "\n\n", "size", "size 4", "size 4 5\n", "c_min 4 5\n", "size 4 5\nc_min 4\n",
        "size 4 x\nc_min 4 5\n", "size 4 5\nc_min 4 -1\n", "size 5\nc_min 5\n",
        "size 4 18446744073709551616\nc_min 4 5\n", "size 4 5\nc_min 4 6\nsize 4 y\n",
        "\xff\xfe size 4 5\nc_min 4 3\n"}) {
    EXPECT_FALSE(parseReclaimableArc(text).has_value()) << text;
  }
}

TEST(LinuxArcstats, MayBeAsLargeAsNumbersAre) {
  EXPECT_EQ(parseReclaimableArc("size 4 18446744073709551615\nc_min 4 0\n"), UINT64_MAX);
}

}  // namespace
}  // namespace ebbcache
