// The place of a key in the index, and the marks of used slots.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "disk/ring_key.h"
#include "disk/used_slots.h"

namespace ebbcache::test {
namespace {

using std::string_literals::operator""s;

RingHeader headerOf(RingKind kind, uint64_t seed = 1) {
  RingHeader header = {};
  header.kind = kind;
  header.buckets = 1000;
  header.seed[0] = seed;
  header.seed[1] = seed + 1;
  return header;
}

TEST(RingHash, SpreadsKeysOverBucketsAndTags) {
  const RingHash hash(headerOf(RingKind::kValues));
  std::vector<int> inBucket(1000);
  std::set<uint32_t> tags;
  for (int i = 0; i < 20'000; ++i) {
    const RingKey key = hash.locate("key " + std::to_string(i));
    ASSERT_LT(key.bucket, 1000U);
    EXPECT_NE(key.tag, 0U);
    ++inBucket[key.bucket];
    tags.insert(key.tag);
  }
  EXPECT_GE(tags.size(), 19'990U);
  for (const int keys : inBucket) EXPECT_LT(keys, 60);
}

TEST(RingHash, IsStableForOneKeyAndDiffersWithTheSeed) {
  const RingHash hash(headerOf(RingKind::kValues));
  const RingHash other(headerOf(RingKind::kValues, 2));
  int same = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::to_string(i);
    EXPECT_EQ(hash.locate(key).tag, hash.locate(key).tag);
    EXPECT_EQ(hash.locate(key).bucket, hash.locate(key).bucket);
    same += hash.locate(key).bucket == other.locate(key).bucket ? 1 : 0;
    EXPECT_NE(hash.locate(key).tag, other.locate(key).tag);
  }
  EXPECT_LT(same, 20);
}

TEST(RingHash, HasRecordsOfOnePlaceInOneBucketUnderTagsOfTheirOwn) {
  const RingHash hash(headerOf(RingKind::kRecords));
  for (int place = 0; place < 100; ++place) {
    const std::string path = "/some/file " + std::to_string(place);
    std::set<uint32_t> tags{hash.locate(path).tag};
    for (int name = 0; name < 20; ++name) {
      const RingKey key = hash.locate(path + '\0' + std::to_string(name));
      EXPECT_EQ(key.bucket, hash.bucketOfPlace(path));
      tags.insert(key.tag);
    }
    EXPECT_EQ(tags.size(), 21U);
  }
}

TEST(RingHash, HasTheSameNameInTwoPlacesUnderTwoTags) {
  const RingHash hash(headerOf(RingKind::kRecords));
  EXPECT_NE(hash.locate("a\0x"s).tag, hash.locate("b\0x"s).tag);
  EXPECT_NE(hash.locate("a\0"s).tag, hash.locate("a").tag);
  EXPECT_NE(hash.locate("\0a"s).tag, hash.locate("a").tag);
}

TEST(RingHash, TakesAllOfAValuesKeyForItsPlace) {
  EXPECT_EQ(placeOf("a\0x"s, RingKind::kValues), "a\0x"s);
  EXPECT_EQ(placeOf("a\0x\0y"s, RingKind::kRecords), "a");
  EXPECT_EQ(placeOf("a", RingKind::kRecords), "a");
  EXPECT_EQ(placeOf("\0a"s, RingKind::kRecords), "");
}

TEST(DiskUsedSlots, AreMarkedOneByOneAndTakenOnce) {
  UsedSlots used(10);
  for (uint64_t bucket = 0; bucket < 10; ++bucket) {
    for (size_t slot = 0; slot < kBucketSlots; ++slot) {
      EXPECT_FALSE(used.take(bucket, slot));
      used.mark(bucket, slot);
      used.mark(bucket, slot);
    }
  }
  for (uint64_t bucket = 0; bucket < 10; ++bucket) {
    for (size_t slot = 0; slot < kBucketSlots; slot += 2) EXPECT_TRUE(used.take(bucket, slot));
  }
  for (uint64_t bucket = 0; bucket < 10; ++bucket) {
    for (size_t slot = 0; slot < kBucketSlots; ++slot) {
      EXPECT_EQ(used.take(bucket, slot), slot % 2 == 1);
    }
  }
}

}  // namespace
}  // namespace ebbcache::test
