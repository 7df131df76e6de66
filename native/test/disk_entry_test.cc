// The entries of a ring and their checksum: an entry with any wrong bit is not found.
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "disk/ring_entry.h"
#include "seeded_random.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kId = 0x1234567890abcdef;

std::string entryOf(const std::string& key, const std::string& value) {
  RingEntryHeader header = {};
  header.version = 77;
  header.writtenMs = 1000;
  header.ttlMs = 5000;
  header.cost = 1.5F;
  header.keyBytes = static_cast<uint32_t>(key.size());
  header.valueBytes = static_cast<uint32_t>(value.size());
  header.checksum = entryChecksum(kId, header, key, value);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(key).append(value).resize(ringEntryBytes(key.size(), value.size()));
  return bytes;
}

TEST(RingEntry, IsFoundWithItsKeyAndValue) {
  for (const uint64_t bytes : {0, 1, 15, 16, 17, 63, 64, 65, 4000}) {
    const std::string value(bytes, 'v');
    const std::string entry = entryOf("a key", value);
    EXPECT_EQ(entry.size() % kRingUnit, 0U);
    const RingEntryHeader* const found = entryAt(entry.data(), entry.size(), kId);
    ASSERT_NE(found, nullptr) << bytes;
    EXPECT_EQ(keyOf(*found), "a key");
    EXPECT_EQ(valueOf(*found), value);
  }
}

TEST(RingEntry, DetectsEachFlippedBit) {
  for (const uint64_t valueBytes : {0, 5, 70, 300}) {
    const std::string key = "some key";
    std::string entry = entryOf(key, std::string(valueBytes, '\x5a'));
    const uint64_t bits = (sizeof(RingEntryHeader) + key.size() + valueBytes) * 8;
    for (uint64_t bit = 0; bit < bits; ++bit) {
      const auto mask = static_cast<char>(1U << bit % 8);
      entry[bit / 8] = static_cast<char>(entry[bit / 8] ^ mask);
      ASSERT_EQ(entryAt(entry.data(), entry.size(), kId), nullptr) << bit << " of " << valueBytes;
      entry[bit / 8] = static_cast<char>(entry[bit / 8] ^ mask);
    }
    ASSERT_NE(entryAt(entry.data(), entry.size(), kId), nullptr);
  }
}

TEST(RingEntry, DetectsTwoFlippedBitsAndSwappedWords) {
  SeededRandom random(1);
  std::string entry = entryOf("some key", std::string(300, 'x') + std::string(300, 'y'));
  const std::string sound = entry;
  for (uint64_t i = 0; i < scaled(200'000); ++i) {
    if (random.oneIn(2)) {
      for (int flips = 0; flips < 2; ++flips) {
        const uint64_t bit = random.below(656 * 8);
        entry[bit / 8] = static_cast<char>(entry[bit / 8] ^ static_cast<char>(1U << bit % 8));
      }
    } else {
      const uint64_t from = random.below(82) * 8;
      const uint64_t to = random.below(82) * 8;
      char word[8];
      std::memcpy(word, entry.data() + from, 8);
      std::memcpy(entry.data() + from, entry.data() + to, 8);
      std::memcpy(entry.data() + to, word, 8);
    }
    const bool isSame = entry.compare(0, 656, sound, 0, 656) == 0;
    ASSERT_EQ(entryAt(entry.data(), entry.size(), kId) != nullptr, isSame) << i;
    entry = sound;
  }
}

TEST(RingEntry, ACutEntryOrOneOfAnotherRingIsNotFound) {
  const std::string entry = entryOf("key", std::string(100, 'v'));
  const uint64_t needed = sizeof(RingEntryHeader) + 103;
  for (uint64_t size = 0; size < needed; ++size) {
    EXPECT_EQ(entryAt(entry.data(), size, kId), nullptr) << size;
  }
  EXPECT_NE(entryAt(entry.data(), needed, kId), nullptr);
  EXPECT_EQ(entryAt(entry.data(), entry.size(), kId + 1), nullptr);
}

TEST(RingEntry, ZerosOnesAndNoiseAreNoEntry) {
  SeededRandom random(2);
  std::string bytes(4096, '\0');
  EXPECT_EQ(entryAt(bytes.data(), bytes.size(), kId), nullptr);
  bytes.assign(4096, '\xff');
  EXPECT_EQ(entryAt(bytes.data(), bytes.size(), kId), nullptr);
  for (int i = 0; i < 10'000; ++i) {
    for (int at = 0; at < 64; ++at) bytes[at] = static_cast<char>(random.below(256));
    EXPECT_EQ(entryAt(bytes.data(), bytes.size(), kId), nullptr);
  }
}

TEST(RingEntry, ExpiresAfterItsTimeAndWhereTheClockWasSetBack) {
  RingEntryHeader header = {};
  header.writtenMs = 1000;
  header.ttlMs = 10;
  EXPECT_FALSE(isExpired(header, 1000));
  EXPECT_FALSE(isExpired(header, 1009));
  EXPECT_TRUE(isExpired(header, 1010));
  EXPECT_TRUE(isExpired(header, 999));
  header.ttlMs = UINT64_MAX;
  EXPECT_FALSE(isExpired(header, UINT64_MAX));
  header.ttlMs = 0;
  EXPECT_FALSE(isExpired(header, 0));
  EXPECT_FALSE(isExpired(header, UINT64_MAX));
}

TEST(RingChecksum, TellsLengthsSeedsAndPiecesApart) {
  std::set<uint64_t> sums;
  const std::string zeros(200, '\0');
  for (uint64_t bytes = 0; bytes <= zeros.size(); ++bytes) {
    sums.insert(ringChecksum({zeros.data(), bytes}, 1));
    sums.insert(ringChecksum({zeros.data(), bytes}, 2));
  }
  EXPECT_EQ(sums.size(), 402U);
  EXPECT_NE(ringChecksum("b", ringChecksum("a", 1)), ringChecksum("a", ringChecksum("b", 1)));
  EXPECT_NE(ringChecksum("", ringChecksum("ab", 1)), ringChecksum("b", ringChecksum("a", 1)));
}

}  // namespace
}  // namespace ebbcache::test
