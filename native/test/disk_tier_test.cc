// The tier as its users see it: reads after writes, two tiers on one file, and files that are
// removed, damaged, of another kind, or read-only.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "disk_tier_fixture.h"

namespace ebbcache::test {
namespace {

using std::string_literals::operator""s;

MemoryDisk::Hook failingWrites(uint64_t from, uint64_t to, IoError error = IoError::kOther) {
  return [=](const IoCall& call) {
    const bool fails = call.isMutating() && call.at >= from && call.at < to;
    return IoFault{fails ? error : IoError::kNone, 0};
  };
}

/// Waits until the tier's writer has noticed; returns false where that takes too long.
template <typename Condition>
bool comesTrue(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLongMs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class DiskTierTest : public ::testing::Test {
 protected:
  void settle() { EXPECT_TRUE(tier->settle(kLongMs)); }

  MemoryDisk disk;
  std::shared_ptr<DiskTier> tier = openTier(disk);
};

TEST_F(DiskTierTest, ReadsWhatWasPutBeforeAndAfterItIsWritten) {
  const uint64_t version = putString(*tier, "a", "1");
  EXPECT_EQ(readString(*tier, "a"), "1");
  EXPECT_TRUE(tier->has("a"));
  EXPECT_TRUE(tier->isCurrent("a", version));
  settle();
  EXPECT_EQ(tier->stats().pending, 0U);
  EXPECT_EQ(readString(*tier, "a"), "1");
  EXPECT_TRUE(tier->has("a"));
  EXPECT_TRUE(tier->isCurrent("a", version));
  const uint64_t next = putString(*tier, "a", "2");
  EXPECT_FALSE(tier->isCurrent("a", version));
  settle();
  EXPECT_FALSE(tier->isCurrent("a", version));
  EXPECT_TRUE(tier->isCurrent("a", next));
  EXPECT_TRUE(tier->remove("a"));
  EXPECT_FALSE(tier->remove("a"));
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_FALSE(tier->isCurrent("a", next));
  settle();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  const DiskTierStats stats = tier->stats();
  EXPECT_EQ(stats.writes, 2U);
  EXPECT_EQ(stats.errors, 0U);
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 2U);
}

TEST_F(DiskTierTest, HasPutsThatWaitExpire) {
  putString(*tier, "a", "1", 10);
  fakeNow() += 10;
  EXPECT_FALSE(tier->has("a"));
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  settle();
  EXPECT_FALSE(tier->has("a"));
}

TEST_F(DiskTierTest, RemovesAVersionAndNeverShowsTheOneBefore) {
  putString(*tier, "a", "1");
  settle();
  const uint64_t version = putString(*tier, "a", "2");
  tier->removeVersion("a", version);
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  settle();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  const uint64_t third = putString(*tier, "a", "3");
  tier->removeVersion("a", version);
  EXPECT_EQ(readString(*tier, "a"), "3");
  settle();
  tier->removeVersion("a", version);
  EXPECT_EQ(readString(*tier, "a"), "3");
  settle();
  EXPECT_EQ(readString(*tier, "a"), "3");
  tier->removeVersion("a", third);
  settle();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
}

TEST_F(DiskTierTest, ClearsWhatWaitsAndWhatIsInTheFile) {
  putString(*tier, "a", "1");
  settle();
  putString(*tier, "b", "2");
  tier->clear();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_EQ(readString(*tier, "b"), std::nullopt);
  putString(*tier, "b", "3");
  EXPECT_EQ(readString(*tier, "b"), "3");
  settle();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_EQ(readString(*tier, "b"), "3");
  EXPECT_EQ(tier->stats().entries, 1U);
}

TEST_F(DiskTierTest, ClearsSoonAlsoWhereNobodyAsksForIt) {
  DiskTierOptions options;
  options.dir = "memory";
  options.maxBytes = kMinRingBytes;
  // The tier checks its folder only after the hang guard.
  tier = DiskTier::open(options, environmentOf(disk, 100 * kLongMs));
  for (int i = 0; i < 300; ++i) {
    putString(*tier, "a", "1");
    settle();
    tier->clear();
    ASSERT_TRUE(comesTrue([&] { return tier->stats().entries == 0; })) << i;
  }
}

TEST_F(DiskTierTest, ShowsOtherTiersWhatIsSettledAtOnce) {
  settle();
  const auto other = openTier(disk);
  for (int i = 0; i < 50; ++i) {
    DiskTier& writer = i % 2 == 0 ? *tier : *other;
    DiskTier& reader = i % 2 == 0 ? *other : *tier;
    const uint64_t version = putString(writer, "a", std::to_string(i));
    EXPECT_TRUE(writer.settle(kLongMs));
    EXPECT_EQ(readString(reader, "a"), std::to_string(i));
    EXPECT_TRUE(reader.isCurrent("a", version));
    if (i % 5 == 0) {
      writer.remove("a");
      EXPECT_TRUE(writer.settle(kLongMs));
      EXPECT_EQ(readString(reader, "a"), std::nullopt);
      EXPECT_FALSE(reader.isCurrent("a", version));
    }
    if (i % 7 == 0) {
      writer.clear();
      EXPECT_TRUE(writer.settle(kLongMs));
      EXPECT_EQ(readString(reader, "a"), std::nullopt);
      EXPECT_FALSE(reader.isCurrent("a", version));
    }
  }
}

TEST_F(DiskTierTest, DropsWhatIsTooLargeAndShowsNoOlderValue) {
  const std::string largest(kMaxRingPayloadBytes - 1, 'v');
  putString(*tier, "a", largest);
  settle();
  EXPECT_EQ(readString(*tier, "a"), largest);
  const DiskPut put = tier->put("a", largest + "w", {});
  EXPECT_FALSE(put.isTaken);
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_TRUE(tier->isCurrent("a", put.version));
  settle();
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_TRUE(tier->isCurrent("a", put.version));
  EXPECT_EQ(tier->stats().drops, 1U);
}

TEST_F(DiskTierTest, HidesTheOldValueWhileItsBucketCannotBeWritten) {
  putString(*tier, "a", "old");
  putString(*tier, "b", "old");
  settle();
  disk.onCall(failingWrites(kRingHeaderBytes, kRingHeaderBytes + 52 * 1024));
  putString(*tier, "a", "new");
  tier->remove("b");
  EXPECT_FALSE(tier->settle(kLongMs));
  EXPECT_TRUE(tier->events().isInTrouble());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(readString(*tier, "a"), std::nullopt);
    EXPECT_EQ(readString(*tier, "b"), std::nullopt);
    EXPECT_FALSE(tier->settle(kLongMs));
  }
  disk.recover();
  ASSERT_TRUE(comesTrue([&] { return tier->stats().pending == 0; }));
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_EQ(readString(*tier, "b"), std::nullopt);
  EXPECT_EQ(readString(*openTier(disk), "a"), std::nullopt);
  EXPECT_EQ(readString(*openTier(disk), "b"), std::nullopt);
}

TEST_F(DiskTierTest, IsAvailableWhileItIsOpenedUntilThereIsTrouble) {
  MemoryDisk locked;
  locked.onCall([](const IoCall& call) {
    const bool isBusy = call.kind == IoCall::Kind::kLock;
    return IoFault{isBusy ? IoError::kOther : IoError::kNone, 0};
  });
  const auto opening = openTier(locked);
  EXPECT_TRUE(opening->stats().available);
  ASSERT_TRUE(comesTrue([&] { return opening->events().isInTrouble(); }));
  EXPECT_FALSE(opening->stats().available);
  locked.recover();
  EXPECT_TRUE(comesTrue([&] { return opening->stats().available; }));
}

TEST_F(DiskTierTest, MakesTheRingAnewThatWasRemoved) {
  putString(*tier, "a", "1");
  settle();
  disk.unlink();
  ASSERT_TRUE(comesTrue([&] { return readString(*tier, "a") == std::nullopt; }));
  putString(*tier, "b", "2");
  settle();
  EXPECT_EQ(readString(*tier, "b"), "2");
  EXPECT_EQ(readString(*openTier(disk), "b"), "2");
}

TEST_F(DiskTierTest, MakesTheRingAnewThatIsDamagedAndSaysSo) {
  putString(*tier, "a", "1");
  settle();
  for (const bool isOpen : {true, false}) {
    if (!isOpen) tier = nullptr;
    disk.change([](std::string& bytes) { bytes[20] ^= 1; });
    if (!isOpen) tier = openTier(disk);
    uint64_t after = 0;
    putString(*tier, "b", "2");
    settle();
    EXPECT_EQ(readString(*tier, "a"), std::nullopt);
    EXPECT_EQ(readString(*tier, "b"), "2");
    const std::vector<DiskEvent> event = tier->events().after(after);
    ASSERT_EQ(event.size(), 1U) << isOpen;
    EXPECT_EQ(event[0].kind, DiskEvent::Kind::kDamaged);
    EXPECT_EQ(tier->stats().errors, 1U);
  }
}

TEST_F(DiskTierTest, MakesTheRingAnewThatWasCutWithinItsIndex) {
  for (const uint64_t bytes :
       {uint64_t{0}, uint64_t{100}, kRingHeaderBytes, kRingHeaderBytes + 700}) {
    putString(*tier, "a", "1");
    settle();
    disk.change([bytes](std::string& content) { content.resize(bytes); });
    for (int i = 0; i < 50; ++i) putString(*tier, keyOf(i), "2");
    settle();
    EXPECT_EQ(readString(*tier, "a"), std::nullopt) << bytes;
    for (int i = 0; i < 50; ++i) EXPECT_EQ(readString(*tier, keyOf(i)), "2") << bytes;
  }
}

TEST_F(DiskTierTest, TellsOnceThatADamagedRingCannotBeMadeAnew) {
  putString(*tier, "a", "1");
  settle();
  disk.onCall(failingWrites(0, UINT64_MAX));
  disk.change([](std::string& bytes) { bytes[20] ^= 1; });
  putString(*tier, "a", "2");
  EXPECT_FALSE(tier->settle(kLongMs));
  const uint64_t errors = tier->stats().errors;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(tier->settle(kLongMs));
  EXPECT_EQ(tier->stats().errors, errors);
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  uint64_t after = 0;
  EXPECT_EQ(tier->events().after(after).size(), 1U);
  disk.recover();
  ASSERT_TRUE(comesTrue([&] { return !tier->events().isInTrouble(); }));
  putString(*tier, "a", "3");
  settle();
  EXPECT_EQ(readString(*tier, "a"), "3");
}

TEST_F(DiskTierTest, ReadsWhatItMayNotWrite) {
  putString(*tier, "a", "1");
  settle();
  tier = nullptr;
  disk.setReadOnly(true);
  tier = openTier(disk);
  EXPECT_EQ(readString(*tier, "a"), "1");
  ASSERT_TRUE(comesTrue([&] { return tier->events().isInTrouble(); }));
  EXPECT_EQ(readString(*tier, "a"), "1");
  EXPECT_FALSE(tier->put("a", "2", {}).isTaken);
  EXPECT_EQ(readString(*tier, "a"), std::nullopt);
  EXPECT_TRUE(tier->events().isInTrouble());
  disk.setReadOnly(false);
  ASSERT_TRUE(comesTrue([&] { return !tier->events().isInTrouble(); }));
  putString(*tier, "a", "3");
  settle();
  EXPECT_EQ(readString(*tier, "a"), "3");
}

TEST_F(DiskTierTest, LeavesARingOfTheOtherKindAlone) {
  putString(*tier, "a", "1");
  settle();
  const auto other = openTier(disk, kMinRingBytes, RingKind::kRecords);
  putString(*other, "a", "2");
  EXPECT_FALSE(other->settle(kLongMs));
  EXPECT_TRUE(other->events().isInTrouble());
  EXPECT_EQ(readString(*other, "a"), std::nullopt);
  EXPECT_EQ(readString(*tier, "a"), "1");
}

TEST_F(DiskTierTest, TakesAnotherBudgetAlsoWhereTheLockWasBusy) {
  putString(*tier, "a", "1");
  settle();
  disk.onCall([calls = 0](const IoCall& call) mutable {
    const bool isBusy = call.kind == IoCall::Kind::kLock && ++calls < 100;
    return IoFault{isBusy ? IoError::kOther : IoError::kNone, 0};
  });
  tier->resize(2 * kMinRingBytes);
  const auto maxChunks = [&] {
    RingHeader header{};
    const std::string bytes = disk.bytes();
    bytes.copy(reinterpret_cast<char*>(&header), sizeof header);
    return header.maxChunks;
  };
  EXPECT_TRUE(comesTrue([&] { return maxChunks() == 7; })) << maxChunks();
  EXPECT_EQ(readString(*tier, "a"), "1");
}

TEST_F(DiskTierTest, ScansAllEntriesAndThoseOfOnePlace) {
  tier = nullptr;
  disk.unlink();
  tier = openTier(disk, kMinRingBytes, RingKind::kRecords);
  std::vector<std::string> keys;
  for (const char* place : {"a", "b", "ab"}) {
    for (int i = 0; i < 5; ++i) keys.push_back(place + "\0"s + std::to_string(i));
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) putString(*tier, key, "value");
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string> found;
    const auto visit = [&](std::string_view key) { found.emplace_back(key); };
    uint64_t cursor = 0;
    do {
      cursor = tier->scan(cursor, visit);
    } while (cursor != 0);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(found, keys);
    found.clear();
    tier->scanPlace("a", visit);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(found, std::vector<std::string>(keys.begin(), keys.begin() + 5));
    settle();
  }
}

TEST_F(DiskTierTest, AddsUpCountersOverClearsAndTiers) {
  DiskTier::Counters deltas{};
  deltas[0] = 3;
  deltas[15] = 5;
  tier->addToCounters(deltas);
  putString(*tier, "a", "1");
  settle();
  tier->clear();
  settle();
  const auto other = openTier(disk);
  other->addToCounters(deltas);
  putString(*other, "b", "1");
  EXPECT_TRUE(other->settle(kLongMs));
  EXPECT_EQ(tier->counters()[0], 6U);
  EXPECT_EQ(tier->counters()[15], 10U);
  EXPECT_EQ(tier->counters()[1], 0U);
}

TEST_F(DiskTierTest, WritesWhatWaitsWhenItEnds) {
  for (int i = 0; i < 100; ++i) putString(*tier, keyOf(i), std::string(1000, 'v'));
  tier = nullptr;
  tier = openTier(disk);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(readString(*tier, keyOf(i)), std::string(1000, 'v'));
}

}  // namespace
}  // namespace ebbcache::test
