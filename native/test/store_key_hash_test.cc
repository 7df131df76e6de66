#include "store/key_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "seeded_random.h"

namespace ebbcache::test {
namespace {

constexpr HashSeed kSeed{0x0123456789abcdef, 0xfedcba9876543210};

/// Hashes the key in memory of exactly its size, so that a sanitizer sees reads beyond it.
uint64_t hashOf(const KeyHash& hash, const std::string& key) {
  const std::unique_ptr<char[]> exact(new char[key.size()]);
  key.copy(exact.get(), key.size());
  return hash(std::string_view(exact.get(), key.size()));
}

TEST(KeyHash, IsAnotherForEachLengthOfTheSameBytes) {
  const KeyHash hash(kSeed);
  for (const char byte : {'\0', 'x'}) {
    std::set<uint64_t> hashes;
    for (size_t bytes = 0; bytes <= 300; ++bytes)
      hashes.insert(hashOf(hash, std::string(bytes, byte)));
    EXPECT_EQ(hashes.size(), 301U);
  }
}

TEST(KeyHash, IsAnotherWhereAnyBitOfTheKeyIs) {
  const KeyHash hash(kSeed);
  for (size_t bytes = 1; bytes <= 160; ++bytes) {
    std::string key(bytes, 'x');
    const uint64_t before = hashOf(hash, key);
    for (char& byte : key) {
      for (int bit = 0; bit < 8; ++bit) {
        byte = static_cast<char>(byte ^ 1 << bit);
        EXPECT_NE(hashOf(hash, key), before) << "of " << bytes << " bytes";
        byte = static_cast<char>(byte ^ 1 << bit);
      }
    }
  }
}

TEST(KeyHash, IsAnotherForEachSeed) {
  const std::vector<std::string> keys = {"a", "a-key-of-17-bytes", std::string(200, 'k')};
  for (const std::string& key : keys) {
    std::set<uint64_t> hashes;
    for (uint64_t seed = 0; seed < 1000; ++seed) hashes.insert(KeyHash({seed, 1})(key));
    EXPECT_EQ(hashes.size(), 1000U);
  }
}

/// Returns Pearson's statistic of the frequencies of the values of some bits.
double chiSquared(const std::vector<uint64_t>& hashes, unsigned lowest, unsigned bits) {
  std::vector<double> counts(size_t{1} << bits);
  for (const uint64_t hash : hashes) ++counts[hash >> lowest & (counts.size() - 1)];
  const double expected = static_cast<double>(hashes.size()) / static_cast<double>(counts.size());
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(KeyHash, SpreadsKeysInSequenceOverBucketsAndTags) {
  // The statistic for 1024 values is 1023 on average with a deviation of 45; for 256 it is 255 with
  // one of 23.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const KeyHash hash({seed, 2});
    std::vector<uint64_t> ofNumbers;
    std::vector<uint64_t> ofWords;
    for (uint64_t i = 0; i < 100000; ++i) {
      ofNumbers.push_back(hash("/photos/album/image-" + std::to_string(i)));
      // Each key is the previous one plus a constant.
      const uint64_t word = i * 0x100010001;
      ofWords.push_back(hash({reinterpret_cast<const char*>(&word), sizeof word}));
    }
    for (const std::vector<uint64_t>* hashes : {&ofNumbers, &ofWords}) {
      EXPECT_LT(chiSquared(*hashes, 0, 10), 1023 + 6 * 45) << "buckets, seed " << seed;
      EXPECT_LT(chiSquared(*hashes, 22, 10), 1023 + 6 * 45) << "ghosts, seed " << seed;
      EXPECT_LT(chiSquared(*hashes, 56, 8), 255 + 6 * 23) << "tags, seed " << seed;
    }
  }
}

TEST(KeyHash, KnowsItsSecretWellEnoughToCollide) {
  // The test of hash flooding relies on this: with the secret known, keys do collide.
  const uint64_t word = -MultiplyHash(kSeed).secretOfLastBlock();
  const KeyHash hash(kSeed);
  const KeyHash another({1, 2});
  std::set<uint64_t> hashes;
  std::set<uint64_t> others;
  for (uint64_t i = 0; i < 100; ++i) {
    const std::array<uint64_t, 2> words = {word, mix(i)};
    const std::string_view key(reinterpret_cast<const char*>(words.data()), sizeof words);
    hashes.insert(hash(key));
    others.insert(another(key));
  }
  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_EQ(others.size(), 100U);
}

}  // namespace
}  // namespace ebbcache::test
