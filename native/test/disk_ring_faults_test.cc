// A ring on a disk that is full or fails: changes that are not written are reported as such, and no
// old value is found in their place.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "disk_tier_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

using Outcome = RingChange::Outcome;

const std::string kBytes4k(4000, 'v');

/// Calls whose offset is from `from` to below `to` fail.
MemoryDisk::Hook failing(IoCall::Kind kind, uint64_t from, uint64_t to,
                         IoError error = IoError::kOther) {
  return [=](const IoCall& call) {
    const bool fails = call.kind == kind && call.at >= from && call.at < to;
    return IoFault{fails ? error : IoError::kNone, call.bytes / 2};
  };
}

/// A key whose bucket is not that of "a": the hash of each ring has a seed of its own.
std::string keyOfAnotherBucket(const TestRing& ring) {
  const RingHash hash(ring.header);
  std::string key = "b";
  while (hash.locate(key).bucket == hash.locate("a").bucket) key += 'b';
  return key;
}

TEST(RingFaults, NoRoomForAnotherChunkWrapsTheHand) {
  TestRing ring(4 * kMiB);
  const uint64_t room = chunksAt(ring.header) + 4 * kChunkBytes + 100'000;
  ring.disk.setCapacity(room);
  for (uint64_t i = 0; i < 2000; ++i) {
    ASSERT_EQ(ring.put(keyOf(i), kBytes4k), IoError::kNone);
    ASSERT_EQ(ring.outcomes[0], Outcome::kDone) << i;
    ASSERT_EQ(ring.get(keyOf(i)), kBytes4k);
    // Used entries fill half of each chunk but the first, which takes the puts that had no room.
    if (i >= 90) {
      ASSERT_EQ(ring.get(keyOf(i - 90)), kBytes4k) << i;
    }
  }
  EXPECT_LE(ring.disk.peakBytes(), room);
  EXPECT_EQ(ring.checkIntegrity(), "");
  ring.disk.setCapacity(UINT64_MAX);
  for (uint64_t i = 0; i < 2000; ++i) ASSERT_EQ(ring.put(keyOf(i), kBytes4k), IoError::kNone);
  EXPECT_GT(ring.disk.bytes().size(), fileBytes(ring.header) - kChunkBytes);
  EXPECT_EQ(ring.checkIntegrity(), "");
}

TEST(RingFaults, NoRoomForTheFirstChunkDropsAndLeavesNoOldValue) {
  TestRing ring;
  ASSERT_EQ(ring.put("a", "old"), IoError::kNone);
  ring.disk.onCall(
      failing(IoCall::Kind::kWrite, chunksAt(ring.header), UINT64_MAX, IoError::kNoSpace));
  ASSERT_EQ(ring.write({{"a", "new"}, {"b", "new"}}), IoError::kNone);
  EXPECT_EQ(ring.outcomes, std::vector<Outcome>(2, Outcome::kDropped));
  EXPECT_EQ(ring.get("a"), std::nullopt);
  EXPECT_EQ(ring.view().isCurrent("a", ring.lastVersion - 1), RingRead::kHit);
  ASSERT_EQ(ring.remove("b"), IoError::kNone);
  EXPECT_EQ(ring.outcomes[0], Outcome::kDone);
  ring.disk.recover();
  ASSERT_EQ(ring.put("a", "newer"), IoError::kNone);
  EXPECT_EQ(ring.get("a"), "newer");
  EXPECT_EQ(ring.checkIntegrity(), "");
}

TEST(RingFaults, ABatchOverSeveralChunksIsWrittenInPartOrSaidNotToBe) {
  for (uint64_t n = 1; n < 60; ++n) {
    TestRing ring(2 * kMiB);
    std::vector<TestRing::Put> old;
    std::vector<TestRing::Put> batch;
    for (uint64_t i = 0; i < 40; ++i) old.push_back({keyOf(i), "old " + std::to_string(i)});
    for (uint64_t i = 0; i < 40; ++i) batch.push_back({keyOf(i), std::string(20'000, 'n')});
    ASSERT_EQ(ring.write(old), IoError::kNone);
    ring.disk.onCall([n, writes = uint64_t{0}](const IoCall& call) mutable {
      const bool fails = call.kind == IoCall::Kind::kWrite && ++writes == n;
      return IoFault{fails ? IoError::kOther : IoError::kNone, call.bytes / 3};
    });
    (void)ring.write(batch);
    ring.disk.recover();
    for (uint64_t i = 0; i < 40; ++i) {
      const auto found = ring.get(keyOf(i));
      switch (ring.outcomes[i]) {
        case Outcome::kDone:
          // A chunk without room was moved to the first one, where it may have been overwritten.
          ASSERT_TRUE(!found || found == batch[i].value) << n << ' ' << i;
          break;
        case Outcome::kDropped:
          ASSERT_EQ(found, std::nullopt) << n << ' ' << i;
          break;
        default:
          // The slot may be the old one still: the outcome says so.
          ASSERT_TRUE(!found || found == batch[i].value || found == old[i].value) << n << ' ' << i;
      }
    }
    ASSERT_EQ(ring.write(batch), IoError::kNone);
    for (uint64_t i = 0; i < 40; ++i) ASSERT_EQ(ring.get(keyOf(i)), batch[i].value) << n;
    ASSERT_EQ(ring.checkIntegrity({true, true}), "") << n;
  }
}

TEST(RingFaults, ABucketThatCannotBeWrittenFailsItsChanges) {
  TestRing ring;
  const std::string other = keyOfAnotherBucket(ring);
  ASSERT_EQ(ring.write({{"a", "old"}, {other, "old"}}), IoError::kNone);
  const uint64_t bucket = RingHash(ring.header).locate("a").bucket;
  const uint64_t at = kRingHeaderBytes + bucket * sizeof(RingBucket);
  ring.disk.onCall(failing(IoCall::Kind::kWrite, at, at + 1));
  EXPECT_NE(ring.write({{"a", "new"}, {other, "new"}}), IoError::kNone);
  EXPECT_EQ(ring.outcomes[0], Outcome::kFailed);
  EXPECT_EQ(ring.outcomes[1], Outcome::kDone);
  EXPECT_EQ(ring.get(other), "new");
  EXPECT_NE(ring.remove("a"), IoError::kNone);
  EXPECT_EQ(ring.outcomes[0], Outcome::kFailed);
}

TEST(RingFaults, ABucketThatCannotBeReadFailsItsChangesAlone) {
  TestRing ring;
  const std::string other = keyOfAnotherBucket(ring);
  ASSERT_EQ(ring.write({{"a", "old"}, {other, "old"}}), IoError::kNone);
  const uint64_t bucket = RingHash(ring.header).locate("a").bucket;
  const uint64_t at = kRingHeaderBytes + bucket * sizeof(RingBucket);
  ring.disk.onCall(failing(IoCall::Kind::kRead, at, at + 1));
  (void)ring.write({{"a", "new"}, {other, "new"}});
  EXPECT_EQ(ring.outcomes[0], Outcome::kFailed);
  EXPECT_EQ(ring.outcomes[1], Outcome::kDone);
  EXPECT_EQ(ring.view().isCurrent("a", 1), RingRead::kFailed);
  // The bucket does not stop the hand either.
  for (uint64_t i = 0; i < 500; ++i) {
    if (RingHash(ring.header).locate(keyOf(i)).bucket == bucket) continue;
    ASSERT_EQ(ring.put(keyOf(i), kBytes4k), IoError::kNone) << i;
    ASSERT_EQ(ring.get(keyOf(i)), kBytes4k);
  }
}

TEST(RingFaults, AChunkThatCannotBeReadOrWrittenIsPassedOver) {
  for (const IoCall::Kind kind : {IoCall::Kind::kRead, IoCall::Kind::kWrite}) {
    TestRing ring(2 * kMiB);
    const uint64_t bad = chunksAt(ring.header) + 2 * kChunkBytes;
    ring.disk.onCall(failing(kind, bad, bad + kChunkBytes));
    for (uint64_t i = 0; i < 3000; ++i) {
      ASSERT_EQ(ring.put(keyOf(i % 700), kBytes4k), IoError::kNone);
      ASSERT_EQ(ring.outcomes[0], Outcome::kDone);
      const uint64_t cursor = chunksAt(ring.header) + ring.header.cursor;
      const bool isThere =
          kind == IoCall::Kind::kWrite || cursor <= bad || cursor > bad + kChunkBytes;
      if (isThere) {
        ASSERT_EQ(ring.get(keyOf(i % 700)), kBytes4k) << i;
      }
    }
  }
}

TEST(RingFaults, DamageIsAMissAndToldFromAStaleSlot) {
  TestRing ring;
  ASSERT_EQ(ring.put("a", kBytes4k), IoError::kNone);
  const uint64_t at = chunksAt(ring.header);
  const auto edit = [&](uint64_t where) {
    ring.disk.change([&](std::string& bytes) { bytes[at + where] ^= 1; });
  };
  std::string value;
  edit(3000);
  EXPECT_EQ(ring.read("a", value), RingRead::kBroken);
  edit(3000);
  EXPECT_EQ(ring.read("a", value), RingRead::kHit);
  // This is a byte of the version.
  edit(8);
  EXPECT_EQ(ring.read("a", value), RingRead::kStale);
  edit(8);
  // This is a byte of the key.
  edit(sizeof(RingEntryHeader));
  EXPECT_EQ(ring.read("a", value), RingRead::kMiss);
  edit(sizeof(RingEntryHeader));
  ring.disk.change([&](std::string& bytes) { bytes.resize(at + 1000); });
  EXPECT_EQ(ring.read("a", value), RingRead::kBroken);
  ring.disk.change([&](std::string& bytes) { bytes.resize(at + 10); });
  EXPECT_EQ(ring.read("a", value), RingRead::kStale);
  ring.disk.change([&](std::string& bytes) { bytes.resize(kRingHeaderBytes); });
  EXPECT_EQ(ring.read("a", value), RingRead::kMiss);
}

}  // namespace
}  // namespace ebbcache::test
