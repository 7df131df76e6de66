// A ring that is given another budget.
#include <gtest/gtest.h>

#include <string>

#include "disk/ring_resize.h"
#include "disk_tier_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

std::string valueOf(uint64_t key) {
  std::string value;
  VersionedValue(key, 1).write(value, 4000);
  return value;
}

class RingResize : public ::testing::Test {
 protected:
  void fill(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; ++i) ASSERT_EQ(ring.put(keyOf(i), valueOf(i)), IoError::kNone);
  }
  /// Returns how many of the keys are there, and checks their values.
  uint64_t count(uint64_t from, uint64_t to) {
    uint64_t there = 0;
    for (uint64_t i = from; i < to; ++i) {
      std::string value;
      const RingRead result = ring.read(keyOf(i), value);
      EXPECT_TRUE(result == RingRead::kHit || result == RingRead::kMiss);
      if (result != RingRead::kHit) continue;
      EXPECT_EQ(value, valueOf(i));
      ++there;
    }
    return there;
  }
  IoError resize(uint64_t maxBytes) {
    IoError error = resizeRing(*ring.file, ring.header, maxBytes);
    if (error == IoError::kNone) error = countEntries(*ring.file, ring.header);
    return error;
  }

  TestRing ring{8 * kMiB};
};

TEST_F(RingResize, ASmallerBudgetCutsTheFileAndKeepsWhatIsLeft) {
  fill(0, 1500);
  ASSERT_EQ(resize(4 * kMiB), IoError::kNone);
  EXPECT_LE(ring.disk.bytes().size(), 4 * kMiB);
  EXPECT_EQ(ring.header.maxChunks, chunksWithin(4 * kMiB, ring.header.buckets));
  const uint64_t kept = count(0, 1500);
  EXPECT_EQ(kept, ring.header.maxChunks * 64);
  EXPECT_EQ(ring.header.entries, kept);
  fill(2000, 6000);
  EXPECT_EQ(count(5200, 6000), 800U);
  EXPECT_LE(ring.disk.bytes().size(), 4 * kMiB);
  EXPECT_EQ(ring.checkIntegrity(), "");
}

TEST_F(RingResize, ALargerBudgetKeepsAll) {
  fill(0, 1000);
  ASSERT_EQ(resize(16 * kMiB), IoError::kNone);
  EXPECT_EQ(count(0, 1000), 1000U);
  EXPECT_EQ(ring.header.entries, 1000U);
  fill(1000, 3500);
  EXPECT_EQ(count(0, 3500), 3500U);
  fill(3500, 8000);
  // Used entries have taken half of each chunk for a lap.
  EXPECT_EQ(count(5500, 8000), 2500U);
  EXPECT_LE(ring.disk.peakBytes(), 16 * kMiB);
  EXPECT_EQ(ring.checkIntegrity(), "");
}

TEST_F(RingResize, AVeryDifferentBudgetMakesTheRingAnew) {
  for (const uint64_t maxBytes : {64 * kMiB, 1 * kMiB, 8 * kMiB}) {
    fill(0, 100);
    const uint64_t id = ring.header.id;
    ASSERT_EQ(resize(maxBytes), IoError::kNone);
    EXPECT_NE(ring.header.id, id);
    EXPECT_EQ(ring.header.buckets, bucketsFor(maxBytes, ring.header.kind));
    ring.used = std::make_shared<UsedSlots>(ring.header.buckets);
    EXPECT_EQ(count(0, 100), 0U);
    EXPECT_EQ(ring.header.entries, 0U);
    EXPECT_EQ(ring.checkIntegrity(), "");
  }
}

TEST_F(RingResize, TheSameBudgetChangesNothing) {
  fill(0, 100);
  const std::string before = ring.disk.bytes();
  ASSERT_EQ(resize(8 * kMiB), IoError::kNone);
  EXPECT_EQ(ring.disk.bytes(), before);
}

TEST_F(RingResize, AnInterruptedResizeIsCompleted) {
  fill(0, 1900);
  const std::string whole = ring.disk.bytes();
  const RingHeader header = ring.header;
  uint64_t crashes = 0;
  for (bool isCrashed = true; isCrashed;) {
    ring.disk.crashAt(++crashes);
    isCrashed = resize(4 * kMiB) != IoError::kNone;
    ring.disk.recover();
    ASSERT_EQ(readHeader(*ring.file, RingKind::kValues, ring.header), HeaderState::kValid);
    ASSERT_EQ(resize(4 * kMiB), IoError::kNone);
    EXPECT_LE(ring.disk.bytes().size(), 4 * kMiB) << crashes;
    EXPECT_EQ(count(0, 1900), ring.header.maxChunks * 64) << crashes;
    EXPECT_EQ(ring.header.entries, ring.header.maxChunks * 64) << crashes;
    EXPECT_EQ(ring.checkIntegrity(), "") << crashes;
    ring.disk.change([&](std::string& bytes) { bytes = whole; });
    ring.header = header;
  }
  // The header, the index, the file's size and the count are changed.
  EXPECT_GE(crashes, 4U);
}

TEST_F(RingResize, CountsEntriesAnewWhereTheCountIsWrong) {
  fill(0, 100);
  ring.header.entries = 7;
  ASSERT_EQ(countEntries(*ring.file, ring.header), IoError::kNone);
  EXPECT_EQ(ring.header.entries, 100U);
  RingHeader read;
  ASSERT_EQ(readHeader(*ring.file, RingKind::kValues, read), HeaderState::kValid);
  EXPECT_EQ(read.entries, 100U);
  EXPECT_EQ(ring.checkIntegrity(), "");
}

}  // namespace
}  // namespace ebbcache::test
