// How a ring uses its budget: the share of it that holds values, and the entries that stay.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "disk_tier_fixture.h"
#include "seeded_random.h"

namespace ebbcache::test {
namespace {

TEST(RingTurnover, WritesAtMostATenthMoreThanItsPayload) {
  constexpr uint64_t kMax = 64 * kMiB;
  constexpr uint64_t kValueBytes = 4096;
  TestRing ring(kMax);
  const std::string value(kValueBytes, 'v');
  const uint64_t puts = 10 * kMax / kValueBytes;
  uint64_t next = 0;
  while (next < puts) {
    std::vector<TestRing::Put> batch;
    for (int i = 0; i < 64; ++i) batch.push_back({keyOf(next++), value});
    ASSERT_EQ(ring.write(batch), IoError::kNone);
  }
  uint64_t payload = 0;
  uint64_t there = 0;
  const RingView view = ring.view();
  for (uint64_t i = next - kMax / kValueBytes; i < next; ++i) {
    if (view.has(keyOf(i), fakeNow()) != RingRead::kHit) continue;
    payload += keyOf(i).size() + kValueBytes;
    ++there;
  }
  EXPECT_EQ(ring.header.entries, there);
  const double ratio = static_cast<double>(ring.disk.bytes().size()) / static_cast<double>(payload);
  EXPECT_LE(ratio, 1.10);
  EXPECT_EQ(ring.checkIntegrity(), "");
  RecordProperty("bytesPerPayload", std::to_string(ratio));
  std::cout << "file bytes / payload: " << ratio << '\n';
}

TEST(RingTurnover, KeepsAHotSetThatIsReadBetweenPuts) {
  constexpr uint64_t kHot = 1000;
  TestRing ring(8 * kMiB);
  const std::string value(1000, 'v');
  const auto hotKey = [](uint64_t i) { return "hot " + std::to_string(i); };
  SeededRandom random(3);
  for (uint64_t i = 0; i < kHot; ++i) ASSERT_EQ(ring.put(hotKey(i), value), IoError::kNone);
  uint64_t reads = 0;
  uint64_t hits = 0;
  for (uint64_t i = 0; i < scaled(150'000); ++i) {
    ASSERT_EQ(ring.put(keyOf(i), value), IoError::kNone);
    for (int n = 0; n < 2; ++n) {
      const std::string key = hotKey(random.below(kHot));
      ++reads;
      if (ring.get(key)) {
        ++hits;
      } else {
        ASSERT_EQ(ring.put(key, value), IoError::kNone);
      }
    }
  }
  const double ratio = static_cast<double>(hits) / static_cast<double>(reads);
  EXPECT_GE(ratio, 0.98);
  EXPECT_EQ(ring.checkIntegrity(), "");
  std::cout << "hits of a hot set: " << ratio << '\n';
}

}  // namespace
}  // namespace ebbcache::test
