// A ring that is filled: entries stay until the hand reaches them, and used entries stay longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "disk/ring_resize.h"
#include "disk_tier_fixture.h"
#include "seeded_random.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

using Outcome = RingChange::Outcome;

std::string valueOf(uint64_t key, uint64_t version, uint64_t bytes) {
  std::string value;
  VersionedValue(key, version).write(value, bytes);
  return value;
}

TEST(RingWriter, GivesBackWhatWasPut) {
  TestRing ring;
  EXPECT_EQ(ring.get("a"), std::nullopt);
  ASSERT_EQ(ring.write({{"a", "1"}, {"b", ""}, {"", "empty"}, {"c", std::string(1000, 'c')}}),
            IoError::kNone);
  EXPECT_EQ(ring.outcomes, std::vector<Outcome>(4, Outcome::kDone));
  EXPECT_EQ(ring.get("a"), "1");
  EXPECT_EQ(ring.get("b"), "");
  EXPECT_EQ(ring.get(""), "empty");
  EXPECT_EQ(ring.get("c"), std::string(1000, 'c'));
  ASSERT_EQ(ring.put("a", "2"), IoError::kNone);
  EXPECT_EQ(ring.get("a"), "2");
  ASSERT_EQ(ring.remove("a"), IoError::kNone);
  EXPECT_EQ(ring.get("a"), std::nullopt);
  EXPECT_EQ(ring.header.entries, 3U);
}

TEST(RingWriter, TakesValuesOfAllSizesOverManyLaps) {
  for (const uint64_t seed : {1, 2, 3}) {
    TestRing ring(2 * kMiB);
    SeededRandom random(seed);
    std::unordered_map<std::string, std::string> put;
    std::vector<std::string> order;
    const uint64_t most = kMaxRingPayloadBytes;
    for (uint64_t i = 0; i < scaled(6000); ++i) {
      std::vector<TestRing::Put> batch;
      for (uint64_t n = 1 + random.below(6); n > 0; --n) {
        const uint64_t id = random.below(5000);
        const std::string key = keyOf(id);
        const uint64_t bytes = random.oneIn(50)
                                   ? most - key.size() - random.below(3)
                                   : 1 + random.skewedBelow(random.oneIn(4) ? most - 20 : 5000);
        const bool isTwice = std::any_of(
            batch.begin(), batch.end(), [&](const TestRing::Put& each) { return each.key == key; });
        if (isTwice) continue;
        batch.push_back({key, valueOf(id, i, bytes)});
      }
      ASSERT_EQ(ring.write(batch), IoError::kNone);
      for (const TestRing::Put& each : batch) {
        put[each.key] = each.value;
        order.push_back(each.key);
        ASSERT_EQ(ring.get(each.key), each.value);
      }
      const std::string& any = order[random.below(order.size())];
      const auto found = ring.get(any);
      ASSERT_TRUE(!found || *found == put[any]) << any;
    }
    uint64_t there = 0;
    for (const auto& [key, value] : put) {
      std::string found;
      const RingRead result = ring.read(key, found);
      ASSERT_TRUE(result == RingRead::kHit || result == RingRead::kMiss)
          << static_cast<int>(result);
      if (result != RingRead::kHit) continue;
      ++there;
      ASSERT_EQ(found, value);
    }
    EXPECT_EQ(ring.header.entries, there);
    EXPECT_GT(there, 10U);
    EXPECT_GT(ring.header.evictions, 1000U);
    EXPECT_LE(ring.disk.peakBytes(), 2 * kMiB);
    RingHeader counted = ring.header;
    counted.entries = 0;
    ASSERT_EQ(countEntries(*ring.file, counted), IoError::kNone);
    EXPECT_EQ(counted.entries, there);
  }
}

TEST(RingWriter, LosesNothingWhileTheRingIsNotFull) {
  TestRing ring(8 * kMiB);
  // Chunks end in gaps that are smaller than an entry.
  const uint64_t entries = ringBytes(ring.header) / 4096 - ring.header.maxChunks;
  for (uint64_t i = 0; i < entries; ++i) {
    ASSERT_EQ(ring.put(keyOf(i), valueOf(i, 1, 4000)), IoError::kNone);
  }
  for (uint64_t i = 0; i < entries; ++i) ASSERT_EQ(ring.get(keyOf(i)), valueOf(i, 1, 4000)) << i;
  EXPECT_EQ(ring.header.evictions, 0U);
  EXPECT_EQ(ring.header.entries, entries);
}

TEST(RingWriter, KeepsWhatWasUsedForAnotherLap) {
  TestRing ring(2 * kMiB);
  const uint64_t perLap = ringBytes(ring.header) / 1024;
  for (uint64_t i = 0; i < 50; ++i) ASSERT_EQ(ring.put("hot " + keyOf(i), "hot"), IoError::kNone);
  for (uint64_t lap = 0; lap < 5; ++lap) {
    for (uint64_t i = 0; i < 50; ++i) ASSERT_EQ(ring.get("hot " + keyOf(i)), "hot") << lap;
    for (uint64_t i = 0; i < perLap; ++i) {
      const uint64_t id = lap * perLap + i;
      ASSERT_EQ(ring.put(keyOf(id), valueOf(id, 1, 900)), IoError::kNone);
    }
  }
  for (uint64_t i = 0; i < 50; ++i) EXPECT_EQ(ring.get("hot " + keyOf(i)), "hot");
  // An entry that was not used for a lap is gone.
  for (uint64_t i = 0; i < 3 * perLap; ++i) {
    ASSERT_EQ(ring.put("more " + keyOf(i), valueOf(i, 1, 900)), IoError::kNone);
  }
  for (uint64_t i = 0; i < 50; ++i) EXPECT_EQ(ring.get("hot " + keyOf(i)), std::nullopt);
}

TEST(RingWriter, RewritesAtMostHalfAChunk) {
  TestRing ring;
  const uint64_t entries = ringBytes(ring.header) / 4096 - ring.header.maxChunks;
  for (uint64_t i = 0; i < entries; ++i) {
    ASSERT_EQ(ring.put(keyOf(i), valueOf(i, 1, 4000)), IoError::kNone);
  }
  for (uint64_t i = 0; i < entries; ++i) ASSERT_TRUE(ring.get(keyOf(i))) << i;
  // The last chunk is filled completely, and then one entry enters the first.
  uint64_t next = entries;
  while (ring.header.evictions == 0) {
    ASSERT_EQ(ring.put(keyOf(next), valueOf(next, 1, 4000)), IoError::kNone);
    ++next;
    ASSERT_LT(next, entries + 10);
  }
  uint64_t kept = 0;
  for (uint64_t i = 0; i < 63; ++i) kept += ring.get(keyOf(i)) ? 1 : 0;
  EXPECT_GE(kept, 31U);
  EXPECT_LE(kept * 4096, kChunkBytes / 2);
  EXPECT_TRUE(ring.get(keyOf(next - 1)));
  // A value that needs the whole chunk leaves no room for used entries.
  const std::string large = valueOf(7, 7, kMaxRingPayloadBytes - 5);
  ASSERT_EQ(ring.put("large", large), IoError::kNone);
  EXPECT_EQ(ring.get("large"), large);
}

TEST(RingWriter, GivesTheOldestSlotOfAFullBucketToANewKey) {
  TestRing ring(kMinRingBytes, RingKind::kRecords);
  const auto keyIn = [](uint64_t i) { return std::string("place") + '\0' + std::to_string(i); };
  for (uint64_t i = 0; i < 100; ++i) {
    ASSERT_EQ(ring.put(keyIn(i), std::to_string(i)), IoError::kNone);
    EXPECT_EQ(ring.outcomes[0], Outcome::kDone);
    EXPECT_LE(ring.header.entries, kBucketSlots);
  }
  for (uint64_t i = 0; i < 100; ++i) {
    const auto expected = i < 100 - kBucketSlots ? std::nullopt : std::optional(std::to_string(i));
    EXPECT_EQ(ring.get(keyIn(i)), expected) << i;
  }
  EXPECT_EQ(ring.header.evictions, 100 - kBucketSlots);
  // One batch has more keys than the bucket has slots.
  std::vector<TestRing::Put> batch;
  for (uint64_t i = 100; i < 200; ++i) batch.push_back({keyIn(i), std::to_string(i)});
  ASSERT_EQ(ring.write(batch), IoError::kNone);
  for (uint64_t i = 168; i < 200; ++i) EXPECT_EQ(ring.get(keyIn(i)), std::to_string(i));
}

TEST(RingWriter, LetsEntriesExpireAndCountsThemSo) {
  TestRing ring;
  const uint64_t now = fakeNow();
  ASSERT_EQ(ring.put("short", "1", 100), IoError::kNone);
  ASSERT_EQ(ring.put("long", "2", 1'000'000), IoError::kNone);
  fakeNow() = now + 99;
  EXPECT_EQ(ring.get("short"), "1");
  DiskFound found;
  EXPECT_EQ(ring.view().read("short", fakeNow(), found), RingRead::kHit);
  EXPECT_EQ(found.remainingMs, 1U);
  fakeNow() = now + 100;
  EXPECT_EQ(ring.get("short"), std::nullopt);
  EXPECT_EQ(ring.view().has("short", fakeNow()), RingRead::kMiss);
  // The clock is set back to before the put: the entry's age is unknown.
  fakeNow() = now - 1;
  EXPECT_EQ(ring.get("long"), std::nullopt);
  fakeNow() = now + 200;
  EXPECT_EQ(ring.get("long"), "2");
  for (uint64_t i = 0; i < 2000; ++i)
    ASSERT_EQ(ring.put(keyOf(i), valueOf(i, 1, 900)), IoError::kNone);
  EXPECT_EQ(ring.header.expirations, 1U);
}

TEST(RingWriter, NamesAPutWithoutAValue) {
  TestRing ring;
  ASSERT_EQ(ring.put("a", "old"), IoError::kNone);
  std::vector<RingChange> changes(1);
  changes[0].kind = RingChange::Kind::kPutAlone;
  changes[0].key = "a";
  changes[0].version = 99;
  ASSERT_EQ(ring.apply(changes), IoError::kNone);
  EXPECT_EQ(ring.get("a"), std::nullopt);
  EXPECT_EQ(ring.view().isCurrent("a", 99), RingRead::kHit);
  EXPECT_EQ(ring.view().isCurrent("a", 1), RingRead::kMiss);
  EXPECT_EQ(ring.header.entries, 0U);
}

TEST(RingWriter, RemovesAVersionOnlyWhereTheSlotNamesIt) {
  TestRing ring;
  ASSERT_EQ(ring.put("a", "1"), IoError::kNone);
  std::vector<RingChange> changes(1);
  changes[0].kind = RingChange::Kind::kRemoveVersion;
  changes[0].key = "a";
  changes[0].version = ring.lastVersion + 1;
  ASSERT_EQ(ring.apply(changes), IoError::kNone);
  EXPECT_EQ(ring.outcomes[0], Outcome::kDone);
  EXPECT_EQ(ring.get("a"), "1");
  changes[0].version = ring.lastVersion;
  changes[0].outcome = Outcome::kWaiting;
  ASSERT_EQ(ring.apply(changes), IoError::kNone);
  EXPECT_EQ(ring.get("a"), std::nullopt);
}

}  // namespace
}  // namespace ebbcache::test
