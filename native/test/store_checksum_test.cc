// The checksum is compared with the test vectors of SipHash-1-3 in Rust's library
// (coretests/tests/hash/sip.rs): the hash of the bytes 0, 1, 2, ... with the key of the same bytes,
// read as little-endian.
#include "hash/checksum.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ebbcache::test {
namespace {

std::string countedBytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST(Checksum, IsSipHash13WithTheKeyOfItsTestVectors) {
  const std::map<size_t, uint64_t> expected = {
      {0, 0xabac0158050fc4dc},  {1, 0xc9f49bf37d57ca93},  {2, 0x82cb9b024dc7d44d},
      {7, 0xd3927d989bb11140},  {8, 0x369095118d299a8e},  {9, 0x25a48eb36c063de4},
      {15, 0xd320d86d2a519956}, {16, 0xcc4fdd1a7d908b66}, {63, 0x9d199062b7bbb3a8},
  };
  for (const auto& [count, sum] : expected) EXPECT_EQ(checksum(countedBytes(count)), sum) << count;
}

TEST(Checksum, IsAnotherWhereAnyBitIs) {
  std::string bytes = countedBytes(200);
  const uint64_t before = checksum(bytes);
  for (char& byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ 1 << bit);
      EXPECT_NE(checksum(bytes), before);
      byte = static_cast<char>(byte ^ 1 << bit);
    }
  }
}

}  // namespace
}  // namespace ebbcache::test
