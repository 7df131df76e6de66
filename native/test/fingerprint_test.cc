#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hash/fingerprint.h"
#include "seeded_random.h"

namespace ebbcache {
namespace {

// Two words without a relation to each other, as random ones have none.
constexpr HashSeed kSeed{0x9ae16a3b2f90404f, 0xc3a5c85c97cb3127};

TEST(FingerprintTest, DependsOnEachBitAndOnTheLength) {
  const Fingerprint fingerprint(kSeed);
  std::set<uint64_t> found;
  uint64_t count = 0;
  for (size_t size = 0; size <= 100; ++size) {
    std::string bytes(size, '\0');
    found.insert(fingerprint(bytes));
    ++count;
    for (char& byte : bytes) {
      for (unsigned bit = 0; bit < 8; ++bit, ++count) {
        byte = static_cast<char>(1U << bit);
        found.insert(fingerprint(bytes));
        byte = 0;
      }
    }
  }
  EXPECT_EQ(found.size(), count);
  EXPECT_EQ(found.count(0), 0U);
}

TEST(FingerprintTest, DependsOnTheSecret) {
  EXPECT_NE(Fingerprint(kSeed)("value"), Fingerprint(HashSeed{kSeed.k0, kSeed.k1 + 1})("value"));
  EXPECT_NE(Fingerprint(kSeed)("value"), Fingerprint(HashSeed{kSeed.k0 + 1, kSeed.k1})("value"));
}

TEST(FingerprintTest, DiffersForBytesThatDifferInOrder) {
  test::SeededRandom random(1);
  const Fingerprint fingerprint(kSeed);
  std::set<uint64_t> found;
  std::string words;
  for (unsigned i = 0; i < 64; ++i) words += static_cast<char>(i);
  constexpr unsigned kOrders = 2000;
  std::set<std::string> orders;
  while (orders.size() < kOrders) {
    std::swap(words[random.below(words.size())], words[random.below(words.size())]);
    if (orders.insert(words).second) found.insert(fingerprint(words));
  }
  EXPECT_EQ(found.size(), kOrders);
}

}  // namespace
}  // namespace ebbcache
