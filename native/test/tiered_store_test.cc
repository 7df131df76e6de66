// Memory and a disk tier as one store.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fake_disk_store.h"
#include "heap_faults.h"
#include "seeded_random.h"
#include "store_fixture.h"
#include "tiers/tiered_store.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

class TieredStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { open({}); }

  void open(TieredStoreOptions options, uint64_t maxBytes = kMiB, uint64_t maxEntries = 0) {
    store_.reset();
    StoreOptions memory;
    memory.maxBytes = maxBytes;
    memory.maxEntries = maxEntries;
    memory.defaultTtlMs = options.defaultTtlMs;
    memory.stamped = true;
    memory_ = Store::open(memory, testEnvironment(pages_));
    disk_ = std::make_shared<FakeDiskStore>();
    store_ = std::make_unique<TieredStore>(*memory_, disk_, options);
  }

  struct Found {
    std::string value;
    bool onDisk;
  };
  /// The buffer is large enough.
  std::optional<Found> find(std::string_view key) {
    std::string out(64 * kKiB, '\0');
    uint64_t bytes = 7777;
    bool onDisk = false;
    const ReadResult result = store_->get(key, out.data(), out.size(), bytes, &onDisk);
    if (result != ReadResult::kHit) {
      EXPECT_EQ(result, ReadResult::kMiss);
      return std::nullopt;
    }
    return Found{out.substr(0, bytes), onDisk};
  }
  void expectOnDisk(std::string_view key, std::string_view value) { expectFound(key, value, true); }
  void expectInMemory(std::string_view key, std::string_view value) {
    expectFound(key, value, false);
  }
  void expectFound(std::string_view key, std::string_view value, bool onDisk) {
    const std::optional<Found> found = find(key);
    ASSERT_TRUE(found.has_value()) << key;
    EXPECT_EQ(found->value, value);
    EXPECT_EQ(found->onDisk, onDisk) << key;
  }
  void expectMiss(std::string_view key) { EXPECT_FALSE(find(key).has_value()) << key; }

  void expectCounts(uint64_t hits, uint64_t misses, uint64_t puts) {
    const StoreStats stats = store_->stats();
    EXPECT_EQ(stats.hits, hits);
    EXPECT_EQ(stats.misses, misses);
    EXPECT_EQ(stats.puts, puts);
    EXPECT_EQ(stats.rejections, 0U);
  }

  TestMemory pages_;
  std::unique_ptr<Store> memory_;
  std::shared_ptr<FakeDiskStore> disk_;
  std::unique_ptr<TieredStore> store_;
};

TEST_F(TieredStoreTest, PutsInBothAndReadsFromMemory) {
  EXPECT_EQ(store_->put("a", "one"), PutResult::kStored);
  expectInMemory("a", "one");
  EXPECT_TRUE(disk_->has("a"));
  EXPECT_EQ(disk_->countedReads, 0U);
  expectCounts(1, 0, 1);
}

TEST_F(TieredStoreTest, PromotesWhatIsFoundOnDisk) {
  disk_->putByOther("a", "one");
  expectOnDisk("a", "one");
  expectInMemory("a", "one");
  // Both are hits, and the promotion is no put.
  expectCounts(2, 0, 0);
  expectMiss("b");
  expectCounts(2, 1, 0);
}

TEST_F(TieredStoreTest, PromotesWithCostAndTheShorterTimeToLive) {
  open({true, 1000});
  PutOptions options;
  options.cost = 2.5;
  options.ttlMs = 300;
  store_->put("short", "one", options);
  options.ttlMs = 5000;
  store_->put("long", "two", options);
  store_->put("default", "three");
  EXPECT_EQ(disk_->optionsOf("short").ttlMs, 300U);
  EXPECT_EQ(disk_->optionsOf("short").cost, 2.5);
  EXPECT_EQ(disk_->optionsOf("long").ttlMs, 5000U);
  EXPECT_EQ(disk_->optionsOf("default").ttlMs, 1000U);
  disk_->putByOther("none", "four");
  memory_->clear();
  fakeNow() += 100;
  for (const char* key : {"short", "long", "default", "none"}) EXPECT_TRUE(find(key)->onDisk);
  const auto inMemory = [&](const char* key) { return memory_->has(key); };
  fakeNow() += 199;
  EXPECT_TRUE(inMemory("short"));
  fakeNow() += 1;
  EXPECT_FALSE(inMemory("short"));
  EXPECT_TRUE(inMemory("default"));
  fakeNow() += 700;
  EXPECT_FALSE(inMemory("default"));
  EXPECT_TRUE(inMemory("long"));
  EXPECT_TRUE(inMemory("none"));
  fakeNow() += 100;
  EXPECT_FALSE(inMemory("long"));
  EXPECT_FALSE(inMemory("none"));
  expectOnDisk("long", "two");
}

TEST_F(TieredStoreTest, TakesWhatOthersPutOnDisk) {
  store_->put("a", "one");
  disk_->putByOther("a", "two");
  expectOnDisk("a", "two");
  expectInMemory("a", "two");
  disk_->removeByOther("a");
  expectMiss("a");
  EXPECT_FALSE(memory_->has("a"));
  expectCounts(2, 1, 1);
}

TEST_F(TieredStoreTest, CountsAStaleValueThatTheBufferIsTooSmallForOnce) {
  store_->put("a", "a long value");
  disk_->putByOther("a", "two");
  char out[3];
  uint64_t bytes = 0;
  bool onDisk = false;
  EXPECT_EQ(store_->get("a", out, sizeof out, bytes, &onDisk), ReadResult::kHit);
  EXPECT_TRUE(onDisk);
  EXPECT_EQ(std::string_view(out, bytes), "two");
  expectCounts(1, 0, 1);
  store_->put("a", "a long value");
  disk_->removeByOther("a");
  EXPECT_EQ(store_->get("a", out, sizeof out, bytes, &onDisk), ReadResult::kMiss);
  EXPECT_EQ(bytes, 0U);
  expectCounts(1, 1, 2);
}

TEST_F(TieredStoreTest, KeepsToMemoryWhereItIsNotCoherent) {
  open({false, 0});
  store_->put("a", "one");
  disk_->putByOther("a", "two");
  expectInMemory("a", "one");
  EXPECT_EQ(disk_->currencyChecks, 0U);
  memory_->clear();
  expectOnDisk("a", "two");
}

TEST_F(TieredStoreTest, GivesTheSizeOfWhatTheBufferIsTooSmallFor) {
  disk_->putByOther("a", "a long value");
  char out[16];
  uint64_t bytes = 0;
  bool onDisk = false;
  EXPECT_EQ(store_->get("a", out, 3, bytes, &onDisk), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, 12U);
  EXPECT_TRUE(onDisk);
  expectCounts(0, 0, 0);
  EXPECT_EQ(store_->get("a", out, bytes, bytes, &onDisk), ReadResult::kHit);
  EXPECT_FALSE(onDisk);
  EXPECT_EQ(std::string_view(out, bytes), "a long value");
  expectCounts(1, 0, 0);
}

TEST_F(TieredStoreTest, ReadsFromDiskAgainWhatMemoryHasNoRoomFor) {
  open({}, 64 * kKiB);
  const std::string large(128 * kKiB, 'l');
  EXPECT_EQ(store_->put("a", large), PutResult::kStored);
  EXPECT_FALSE(memory_->has("a"));
  std::string out(large.size(), '\0');
  uint64_t bytes = 0;
  bool onDisk = false;
  EXPECT_EQ(store_->get("a", out.data(), 10, bytes, &onDisk), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, large.size());
  EXPECT_EQ(store_->get("a", out.data(), out.size(), bytes, &onDisk), ReadResult::kHit);
  EXPECT_TRUE(onDisk);
  EXPECT_EQ(out, large);
  // Neither the put nor the promotions count as refused.
  expectCounts(1, 0, 1);
}

TEST_F(TieredStoreTest, RemovesARecordOfAnotherPrefixFromBoth) {
  char out[16];
  uint64_t bytes = 0;
  bool onDisk = false;
  const auto get = [&](const char* prefix) {
    return store_->getPrefixed("a", prefix, out, sizeof out, bytes, &onDisk);
  };
  store_->put("a", "one: x");
  EXPECT_EQ(get("one: "), ReadResult::kHit);
  EXPECT_FALSE(onDisk);
  memory_->clear();
  EXPECT_EQ(get("one: "), ReadResult::kHit);
  EXPECT_TRUE(onDisk);
  EXPECT_EQ(std::string_view(out, bytes), "one: x");
  EXPECT_EQ(get("two: "), ReadResult::kMiss);
  EXPECT_FALSE(onDisk);
  EXPECT_FALSE(memory_->has("a"));
  EXPECT_FALSE(disk_->has("a"));
  // The same holds for a value that is only on disk.
  disk_->putByOther("a", "one: x");
  EXPECT_EQ(get("two: "), ReadResult::kMiss);
  EXPECT_FALSE(disk_->has("a"));
  // The value that another process has put meanwhile has the right prefix.
  store_->put("a", "one: x");
  disk_->putByOther("a", "two: y");
  EXPECT_EQ(get("two: "), ReadResult::kHit);
  EXPECT_TRUE(onDisk);
  EXPECT_TRUE(disk_->has("a"));
  expectCounts(3, 2, 2);
}

TEST_F(TieredStoreTest, ShowsAValueOfEither) {
  std::vector<std::string> seen;
  const auto visit = [&](std::string_view value) { seen.emplace_back(value); };
  store_->put("a", "one");
  EXPECT_EQ(store_->view("a", visit), ReadResult::kHit);
  disk_->putByOther("a", "two");
  EXPECT_EQ(store_->view("a", visit), ReadResult::kHit);
  disk_->putByOther("b", "");
  EXPECT_EQ(store_->view("b", visit), ReadResult::kHit);
  EXPECT_EQ(store_->view("c", visit), ReadResult::kMiss);
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", ""}));
  expectInMemory("a", "two");
  expectCounts(4, 1, 1);
}

TEST_F(TieredStoreTest, PeeksWithoutATrace) {
  char out[16];
  uint64_t bytes = 0;
  store_->put("a", "one");
  disk_->putByOther("a", "other");
  EXPECT_EQ(store_->peek("a", out, sizeof out, bytes), ReadResult::kHit);
  EXPECT_EQ(std::string_view(out, bytes), "other");
  EXPECT_EQ(store_->peek("a", out, 2, bytes), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, 5U);
  EXPECT_TRUE(store_->has("a"));
  // The value is neither promoted nor removed.
  EXPECT_EQ(getString(*memory_, "a"), "one");
  disk_->removeByOther("a");
  EXPECT_EQ(store_->peek("a", out, sizeof out, bytes), ReadResult::kMiss);
  EXPECT_EQ(bytes, 0U);
  EXPECT_FALSE(store_->has("a"));
  EXPECT_TRUE(memory_->has("a"));
  EXPECT_EQ(disk_->countedReads, 0U);
  expectCounts(1, 0, 1);
}

TEST_F(TieredStoreTest, RemovesFromBoth) {
  store_->put("both", "one");
  disk_->putByOther("disk", "two");
  EXPECT_TRUE(store_->remove("both"));
  EXPECT_TRUE(store_->remove("disk"));
  EXPECT_FALSE(store_->remove("both"));
  expectMiss("both");
  expectMiss("disk");
  disk_->takesNone = true;
  store_->put("memory", "three");
  EXPECT_TRUE(store_->remove("memory"));
  expectMiss("memory");
}

TEST_F(TieredStoreTest, ClearsBoth) {
  store_->put("a", "one");
  disk_->putByOther("b", "two");
  store_->clear();
  expectMiss("a");
  expectMiss("b");
  EXPECT_FALSE(disk_->has("b"));
}

TEST_F(TieredStoreTest, KeepsInMemoryWhatTheDiskDoesNotTake) {
  disk_->takesNone = true;
  EXPECT_EQ(store_->put("a", "one"), PutResult::kStored);
  expectInMemory("a", "one");
  // Another process has put it since.
  disk_->putByOther("a", "two");
  expectOnDisk("a", "two");
}

TEST_F(TieredStoreTest, KeepsInMemoryAloneWhatIsTooLargeForTheDisk) {
  open({}, 8 * kMiB);
  const std::string large(DiskStore::kMaxPayloadBytes, 'l');
  store_->put("a", "small");
  EXPECT_EQ(store_->put("a", large), PutResult::kStored);
  EXPECT_FALSE(disk_->has("a"));
  std::string out(large.size(), '\0');
  uint64_t bytes = 0;
  EXPECT_EQ(store_->get("a", out.data(), out.size(), bytes), ReadResult::kHit);
  EXPECT_EQ(out, large);
}

TEST_F(TieredStoreTest, LeavesNothingOldWhereMemoryRefuses) {
  open({}, 64 * kKiB);
  store_->put("a", "old");
  EXPECT_EQ(store_->put("a", std::string(100 * kKiB, 'n')), PutResult::kStored);
  EXPECT_FALSE(memory_->has("a"));
  EXPECT_TRUE(disk_->has("a"));
  expectCounts(0, 0, 2);
}

TEST_F(TieredStoreTest, StoresNothingThatNeitherTakes) {
  open({}, 64 * kKiB);
  store_->put("a", "old");
  disk_->takesNone = true;
  EXPECT_EQ(store_->put("a", std::string(100 * kKiB, 'n')), PutResult::kTooLarge);
  expectMiss("a");
}

TEST_F(TieredStoreTest, ChangesNothingForWhatIsTooLargeForBoth) {
  store_->put("a", "old");
  EXPECT_EQ(store_->largestValue(), memory_->largestValue());
  EXPECT_EQ(store_->put("a", std::string(2 * kMiB, 'n')), PutResult::kTooLarge);
  expectInMemory("a", "old");
  EXPECT_EQ(store_->stats().rejections, 1U);
  EXPECT_EQ(store_->put("", "no key"), PutResult::kTooLarge);
  EXPECT_EQ(store_->refuse(), PutResult::kTooLarge);
  EXPECT_EQ(store_->stats().rejections, 3U);
  EXPECT_EQ(disk_->puts, 1U);
  open({}, 64 * kKiB);
  EXPECT_EQ(store_->largestValue(), DiskStore::kMaxPayloadBytes - 1);
}

TEST_F(TieredStoreTest, ScansMemoryAndThenTheDisk) {
  std::multiset<std::string> expected;
  for (uint64_t i = 0; i < 300; ++i) {
    store_->put(keyOf(i), "value");
    disk_->removeByOther(keyOf(i));
    expected.insert(keyOf(i));
  }
  for (const char* key : {"a", "b", "c"}) {
    expected.emplace(key);
    disk_->putByOther(key, "value");
  }
  std::multiset<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = store_->scan(cursor, [&](std::string_view key) { seen.emplace(key); });
    EXPECT_LT(cursor, uint64_t{1} << 53U);
  } while (cursor != 0);
  EXPECT_EQ(seen, expected);
}

// ---------------------------------------------------------------- changes during a promotion

TEST_F(TieredStoreTest, PromotesNothingOverANewerPut) {
  disk_->putByOther("a", "old");
  disk_->duringRead = [&] { store_->put("a", "new"); };
  expectOnDisk("a", "old");
  EXPECT_EQ(getString(*memory_, "a"), "new");
  expectInMemory("a", "new");
}

TEST_F(TieredStoreTest, PromotesNothingThatWasRemovedMeanwhile) {
  for (const bool clears : {false, true}) {
    disk_->putByOther("a", "old");
    disk_->duringRead = [&] { clears ? store_->clear() : (void)store_->remove("a"); };
    expectOnDisk("a", "old");
    EXPECT_FALSE(memory_->has("a"));
  }
}

TEST_F(TieredStoreTest, PromotesNothingOverAValueThatIsInMemoryAlone) {
  disk_->putByOther("a", "old");
  disk_->duringRead = [&] {
    disk_->takesNone = true;
    store_->put("a", "new");
  };
  expectOnDisk("a", "old");
  expectInMemory("a", "new");
}

TEST_F(TieredStoreTest, IsItsMemoryWithoutADisk) {
  const auto memory = openStore(kMiB);
  TieredStore store(*memory, nullptr, {});
  EXPECT_EQ(store.put("a", "one: x"), PutResult::kStored);
  EXPECT_EQ(getString(store, "a"), "one: x");
  char out[16];
  uint64_t bytes = 0;
  bool onDisk = true;
  EXPECT_EQ(store.getPrefixed("a", "one", out, sizeof out, bytes, &onDisk), ReadResult::kHit);
  EXPECT_FALSE(onDisk);
  EXPECT_EQ(store.peek("a", out, sizeof out, bytes), ReadResult::kHit);
  EXPECT_EQ(store.view("a", [](std::string_view) {}), ReadResult::kHit);
  EXPECT_TRUE(store.has("a"));
  std::vector<std::string> keys;
  uint64_t cursor = 0;
  do {
    cursor = store.scan(cursor, [&](std::string_view key) { keys.emplace_back(key); });
  } while (cursor != 0);
  EXPECT_EQ(keys, std::vector<std::string>{"a"});
  EXPECT_EQ(store.largestValue(), memory->largestValue());
  EXPECT_EQ(store.stats().hits, 3U);
  EXPECT_TRUE(store.remove("a"));
  store.put("b", "two");
  store.clear();
  EXPECT_FALSE(store.has("b"));
}

/// Each key has one writer, which knows its last put: no read returns an older value, while values
/// are promoted, removed and evicted.
TEST_F(TieredStoreTest, GivesNothingOldToManyThreads) {
  constexpr uint64_t kKeyCount = 64;
  open({}, 64 * kKiB, 30);
  std::vector<std::atomic<uint64_t>> oldest(kKeyCount);
  std::atomic<uint64_t> wrong{0};
  std::atomic<uint64_t> fromDisk{0};
  std::atomic<int> writers{2};
  std::vector<TestThread> threads;
  for (uint64_t part = 0; part < 2; ++part) {
    threads.emplace_back([&, part] {
      SeededRandom random(part);
      std::string value;
      for (uint64_t version = 1; version < scaled(20000); ++version) {
        const uint64_t id = random.below(kKeyCount / 2) * 2 + part;
        if (random.oneIn(10)) {
          store_->remove(keyOf(id));
        } else {
          VersionedValue(id, version).write(value, 100 + random.below(200));
          store_->put(keyOf(id), value);
        }
        oldest[id] = version;
      }
      --writers;
    });
  }
  for (uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      SeededRandom random(10 + t);
      char out[512];
      while (writers > 0) {
        const uint64_t id = random.below(kKeyCount);
        const uint64_t minVersion = oldest[id];
        uint64_t bytes = 0;
        bool onDisk = false;
        if (random.oneIn(50)) memory_->clear();
        const ReadResult result = store_->get(keyOf(id), out, sizeof out, bytes, &onDisk);
        if (result != ReadResult::kHit) continue;
        if (onDisk) ++fromDisk;
        const std::string_view value(out, bytes);
        const uint64_t version = VersionedValue::versionIn(value);
        if (version < minVersion || !VersionedValue(id, version).matches(value)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(fromDisk, 0U);
  EXPECT_EQ(memory_->checkIntegrity(), "");
  const StoreStats stats = store_->stats();
  EXPECT_LT(stats.hits, uint64_t{1} << 40U);
  EXPECT_LT(stats.misses, uint64_t{1} << 40U);
}

}  // namespace
}  // namespace ebbcache::test
