// The changes that wait for the writer: the last one of each key, in order, and within a bound.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "disk/write_queue.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

using Kind = RingChange::Kind;
using Change = WriteQueue::Change;

constexpr uint64_t kMaxBytes = 10'000;

WaitingChange changeOf(Kind kind, const std::string& key, uint64_t version = 0,
                       const std::string& value = {}) {
  WaitingChange change;
  change.kind = kind;
  change.key = key;
  change.version = version;
  change.value = value;
  return change;
}
WaitingChange putOf(const std::string& key, uint64_t version, const std::string& value = "value") {
  return changeOf(Kind::kPut, key, version, value);
}

std::vector<uint64_t> versionsOf(const std::vector<Change>& changes) {
  std::vector<uint64_t> versions;
  for (const Change& change : changes) versions.push_back(change->version);
  return versions;
}

class DiskWriteQueue : public ::testing::Test {
 protected:
  std::vector<uint64_t> takeAll() { return versionsOf(queue.take(UINT64_MAX)); }
  void settleAll(size_t count, bool isWritten = true) {
    queue.settle(std::vector<bool>(count, isWritten));
  }

  WriteQueue queue{kMaxBytes};
};

TEST_F(DiskWriteQueue, HasTheLastChangeOfEachKeyInOrder) {
  queue.push(putOf("a", 1));
  queue.push(putOf("b", 2));
  queue.push(putOf("a", 3));
  queue.push(changeOf(Kind::kRemove, "c"));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.find("a")->version, 3U);
  EXPECT_FALSE(queue.find("c")->isPut());
  EXPECT_EQ(queue.find("d"), nullptr);
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{2, 3, 0}));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.find("a")->value, "value");
  settleAll(3);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.valueBytes(), 0U);
  EXPECT_EQ(queue.find("a"), nullptr);
}

TEST_F(DiskWriteQueue, IsTakenSomeBytesAtATimeAndAtLeastOneChange) {
  for (uint64_t version = 1; version <= 5; ++version) {
    queue.push(putOf(std::to_string(version), version, std::string(1000, 'v')));
  }
  EXPECT_EQ(versionsOf(queue.take(1)), (std::vector<uint64_t>{1}));
  settleAll(1);
  EXPECT_EQ(versionsOf(queue.take(2000)), (std::vector<uint64_t>{2, 3}));
  settleAll(2);
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{4, 5}));
}

TEST_F(DiskWriteQueue, KeepsTheOldChangeWhileItsSuccessorIsWritten) {
  queue.push(putOf("a", 1));
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1}));
  queue.push(putOf("a", 2));
  EXPECT_EQ(queue.find("a")->version, 2U);
  EXPECT_EQ(queue.size(), 1U);
  settleAll(1);
  EXPECT_EQ(queue.find("a")->version, 2U);
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{2}));
  settleAll(1);
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(DiskWriteQueue, HasAPutThatFailedWaitOnWithoutItsValue) {
  queue.push(putOf("a", 1));
  queue.push(changeOf(Kind::kRemove, "b"));
  queue.push(putOf("c", 3));
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1, 0, 3}));
  queue.push(putOf("c", 4));
  queue.push(putOf("d", 5));
  settleAll(3, false);
  EXPECT_EQ(queue.find("a")->kind, Kind::kPutAlone);
  EXPECT_EQ(queue.find("a")->version, 1U);
  EXPECT_EQ(queue.find("b")->kind, Kind::kRemove);
  EXPECT_EQ(queue.find("c")->version, 4U);
  EXPECT_TRUE(queue.find("c")->hasValue());
  EXPECT_EQ(queue.valueBytes(), 10U);
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1, 0, 4, 5}));
}

TEST_F(DiskWriteQueue, IsSettledUpToTheFirstThatIsNot) {
  EXPECT_EQ(queue.settledNumber(), queue.lastNumber());
  queue.push(putOf("a", 1));
  const uint64_t first = queue.lastNumber();
  queue.push(putOf("b", 2));
  const uint64_t second = queue.lastNumber();
  EXPECT_LT(queue.settledNumber(), first);
  (void)queue.take(1);
  EXPECT_LT(queue.settledNumber(), first);
  settleAll(1);
  EXPECT_EQ(queue.settledNumber(), first);
  (void)queue.take(1);
  settleAll(1, false);
  // A change that failed keeps its number.
  EXPECT_EQ(queue.settledNumber(), first);
  (void)queue.take(1);
  settleAll(1);
  EXPECT_EQ(queue.settledNumber(), second);
}

TEST_F(DiskWriteQueue, IsSettledBeyondWhatWasReplaced) {
  queue.push(putOf("a", 1));
  const uint64_t first = queue.lastNumber();
  queue.push(putOf("a", 2));
  EXPECT_EQ(queue.settledNumber(), first);
}

TEST_F(DiskWriteQueue, DropsValuesThatItHasNoRoomFor) {
  EXPECT_EQ(queue.push(putOf("a", 1, std::string(kMaxBytes - 10, 'v'))), 0U);
  EXPECT_EQ(queue.push(putOf("b", 2, std::string(11, 'v'))), 1U);
  EXPECT_EQ(queue.find("b")->kind, Kind::kPutAlone);
  EXPECT_EQ(queue.push(putOf("c", 3, std::string(10, 'v'))), 0U);
  EXPECT_EQ(queue.push(changeOf(Kind::kRemove, "d")), 0U);
  EXPECT_EQ(queue.valueBytes(), kMaxBytes);
  // The room of the replaced change is free.
  EXPECT_EQ(queue.push(putOf("a", 4, std::string(kMaxBytes - 10, 'w'))), 0U);
  EXPECT_EQ(queue.push(putOf("a", 5, std::string(kMaxBytes, 'w'))), 1U);
  EXPECT_EQ(queue.valueBytes(), 10U);
}

TEST_F(DiskWriteQueue, ClearsTheRingWhereItHasNoRoomForKeys) {
  uint64_t pushed = 0;
  while (!queue.isClearing() && pushed < 1000) {
    queue.push(changeOf(Kind::kRemove, "key " + std::to_string(++pushed)));
  }
  EXPECT_TRUE(queue.isClearing());
  EXPECT_LT(pushed * 100, kMaxBytes);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_LT(queue.settledNumber(), queue.lastNumber());
  queue.cleared(queue.clears());
  EXPECT_FALSE(queue.isClearing());
  EXPECT_EQ(queue.settledNumber(), queue.lastNumber());
}

TEST_F(DiskWriteQueue, DoesNotGrowWhereOneKeyIsPutAgainAndAgain) {
  const std::string value(1000, 'v');
  for (uint64_t version = 1; version <= 1'000'000; ++version) {
    ASSERT_EQ(queue.push(putOf("key", version, version % 1000 == 0 ? value : "v")), 0U);
  }
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.valueBytes(), 1000U);
  EXPECT_FALSE(queue.isClearing());
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1'000'000}));
}

TEST_F(DiskWriteQueue, ClearForgetsWhatWaitsAndWhatWasTaken) {
  queue.push(putOf("a", 1));
  EXPECT_EQ(takeAll().size(), 1U);
  queue.push(putOf("b", 2));
  queue.clear();
  EXPECT_EQ(queue.find("a"), nullptr);
  EXPECT_EQ(queue.find("b"), nullptr);
  EXPECT_EQ(queue.valueBytes(), 0U);
  queue.push(putOf("a", 3));
  settleAll(1, false);
  EXPECT_EQ(queue.find("a")->version, 3U);
  EXPECT_TRUE(queue.find("a")->hasValue());
}

TEST_F(DiskWriteQueue, GivesNothingThatWasPutAfterAClearThatIsDue) {
  queue.clear();
  const uint64_t first = queue.clears();
  queue.clear();
  queue.push(putOf("a", 1));
  queue.cleared(first);
  // The second clear would remove it too.
  EXPECT_TRUE(queue.isClearing());
  EXPECT_TRUE(takeAll().empty());
  queue.cleared(queue.clears());
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1}));
}

TEST_F(DiskWriteQueue, DropsTheValuesOfAllThatWasNotTaken) {
  queue.push(putOf("a", 1));
  EXPECT_EQ(queue.take(1).size(), 1U);
  queue.push(putOf("b", 2));
  queue.push(changeOf(Kind::kRemove, "c"));
  queue.push(putOf("d", 4));
  EXPECT_EQ(queue.dropValues(), 2U);
  EXPECT_TRUE(queue.find("a")->hasValue());
  EXPECT_EQ(queue.find("b")->kind, Kind::kPutAlone);
  EXPECT_EQ(queue.find("c")->kind, Kind::kRemove);
  EXPECT_EQ(queue.valueBytes(), 5U);
  settleAll(1);
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{2, 0, 4}));
}

TEST_F(DiskWriteQueue, RemovesAVersionOnlyWhereNothingElseWaits) {
  const auto kindOf = [&](const std::string& key) { return queue.find(key)->kind; };
  queue.push(changeOf(Kind::kRemoveVersion, "none", 1));
  EXPECT_EQ(kindOf("none"), Kind::kRemoveVersion);
  queue.push(putOf("put later", 2));
  queue.push(changeOf(Kind::kRemoveVersion, "put later", 1));
  EXPECT_TRUE(queue.find("put later")->hasValue());
  queue.push(changeOf(Kind::kRemove, "removed"));
  queue.push(changeOf(Kind::kRemoveVersion, "removed", 1));
  EXPECT_EQ(kindOf("removed"), Kind::kRemove);
  // The file may have an older value, which must not be seen again.
  queue.push(putOf("this put", 3));
  queue.push(changeOf(Kind::kRemoveVersion, "this put", 3));
  EXPECT_EQ(kindOf("this put"), Kind::kRemove);
  queue.push(changeOf(Kind::kPutAlone, "alone", 4));
  queue.push(changeOf(Kind::kRemoveVersion, "alone", 4));
  EXPECT_EQ(kindOf("alone"), Kind::kRemove);
  queue.push(changeOf(Kind::kRemoveVersion, "two", 5));
  queue.push(changeOf(Kind::kRemoveVersion, "two", 6));
  EXPECT_EQ(kindOf("two"), Kind::kRemove);
}

TEST_F(DiskWriteQueue, PutsBackWhatWasTakenBeforeTheRest) {
  queue.push(putOf("a", 1));
  queue.push(putOf("b", 2));
  EXPECT_EQ(takeAll().size(), 2U);
  queue.push(putOf("c", 3));
  queue.push(putOf("a", 4));
  queue.putBack();
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{2, 3, 4}));
  settleAll(3);
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(DiskWriteQueue, IsAsBeforeWhereTheHeapIsExhausted) {
  const std::string key(100, 'k');
  for (const bool isThere : {false, true}) {
    if (isThere) queue.push(changeOf(Kind::kRemove, key));
    for (uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 100U);
      WaitingChange change = putOf(key, 7, std::string(kMaxBytes + 1, 'v'));
      bool thrown = false;
      HeapFaults::failNth(n);
      try {
        queue.push(std::move(change));
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      HeapFaults::disarm();
      if (!thrown) break;
      ASSERT_EQ(queue.size(), isThere ? 1U : 0U) << n;
      ASSERT_EQ(queue.valueBytes(), 0U);
      if (isThere) {
        ASSERT_EQ(queue.find(key)->kind, Kind::kRemove);
      }
    }
    ASSERT_EQ(queue.find(key)->kind, Kind::kPutAlone);
    ASSERT_EQ(takeAll().size(), 1U);
    settleAll(1);
    ASSERT_EQ(queue.size(), 0U);
  }
}

TEST_F(DiskWriteQueue, WaitsWithItsValueWhereNoHeapIsLeftForTheRemoval) {
  queue.push(putOf("a", 1));
  EXPECT_EQ(takeAll().size(), 1U);
  const std::vector<bool> isWritten(1, false);
  HeapFaults::failFrom(1);
  queue.settle(isWritten);
  HeapFaults::disarm();
  EXPECT_TRUE(queue.find("a")->hasValue());
  EXPECT_EQ(takeAll(), (std::vector<uint64_t>{1}));
}

}  // namespace
}  // namespace ebbcache::test
