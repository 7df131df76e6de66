#include "store/equal_bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "seeded_random.h"

namespace ebbcache::test {
namespace {

TEST(EqualBytes, AreFoundByVectorsAndByWords) {
  SeededRandom random(1);
  for (int round = 0; round < 20000; ++round) {
    // There are few values, so that many are equal, and some that differ by a carry.
    constexpr uint8_t kValues[] = {0, 1, 2, 0x7f, 0x80, 0x81, 0xff};
    std::array<uint8_t, 16> bytes;
    for (uint8_t& byte : bytes) byte = kValues[random.below(std::size(kValues))];
    const uint8_t wanted = kValues[random.below(std::size(kValues))];
    uint32_t expected = 0;
    for (uint32_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == wanted) expected |= uint32_t{1} << i;
    }
    EXPECT_EQ(equalBytes<16>(bytes.data(), wanted), expected);
    EXPECT_EQ(equalBytesByWords<16>(bytes.data(), wanted), expected);
    EXPECT_EQ(equalBytes<12>(bytes.data(), wanted), expected & 0xfff);
    EXPECT_EQ(equalBytesByWords<12>(bytes.data(), wanted), expected & 0xfff);
  }
}

TEST(EqualBytes, AreTheSameOnlyWhereNoneDiffers) {
  for (size_t bytes = 0; bytes <= 100; ++bytes) {
    const std::string one(bytes, 'x');
    std::string other = one;
    EXPECT_TRUE(sameBytes(one.data(), other.data(), bytes));
    for (char& byte : other) {
      byte = 'y';
      EXPECT_FALSE(sameBytes(one.data(), other.data(), bytes)) << "of " << bytes;
      byte = 'x';
    }
  }
}

}  // namespace
}  // namespace ebbcache::test
