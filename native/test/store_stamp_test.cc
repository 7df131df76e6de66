// Stamped stores: each value has a stamp, which reads return and which can select the value to
// remove.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "heap_faults.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kStampBytes = 8;

/// The value and its stamp; empty and 0 for a miss.
using Stamped = std::pair<std::string, uint64_t>;

class StoreStamp : public ::testing::TestWithParam<Policy> {
 protected:
  void SetUp() override { open(kMiB); }

  void open(uint64_t maxBytes) {
    StoreOptions options;
    options.maxBytes = maxBytes;
    options.policy = GetParam();
    options.stamped = true;
    store_ = Store::open(options, testEnvironment(memory_));
    ASSERT_NE(store_, nullptr);
  }

  PutResult put(std::string_view key, std::string_view value, uint64_t stamp, uint64_t ttlMs = 0) {
    PutOptions options;
    options.stamp = stamp;
    options.ttlMs = ttlMs;
    return store_->put(key, value, options);
  }

  /// Reads by get and by peek, which must agree.
  Stamped find(std::string_view key) {
    using Read = ReadResult (Store::*)(std::string_view, char*, uint64_t, uint64_t&, uint64_t*);
    const auto read = [&](Read reader) -> Stamped {
      uint64_t bytes = 0;
      uint64_t stamp = 7777;
      std::string out;
      while (((*store_).*reader)(key, out.data(), out.size(), bytes, &stamp) ==
             ReadResult::kBufferTooSmall) {
        out.resize(bytes);
      }
      return {out, stamp};
    };
    const Stamped found = read(&Store::get);
    EXPECT_EQ(read(&Store::peek), found);
    return found;
  }

  TestMemory memory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreStamp, IsGivenWithTheValue) {
  EXPECT_EQ(put("a", "one", 11), PutResult::kStored);
  EXPECT_EQ(put("empty", "", 12), PutResult::kStored);
  EXPECT_EQ(put("none", "zero", 0), PutResult::kStored);
  EXPECT_EQ(find("a"), Stamped("one", 11));
  EXPECT_EQ(find("empty"), Stamped("", 12));
  EXPECT_EQ(find("none"), Stamped("zero", 0));
  EXPECT_EQ(find("missing"), Stamped("", 0));
  EXPECT_EQ(put("a", "two", UINT64_MAX), PutResult::kStored);
  EXPECT_EQ(find("a"), Stamped("two", UINT64_MAX));
  EXPECT_TRUE(store_->has("empty"));
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreStamp, NeedNotBeAskedFor) {
  put("a", "one", 11);
  EXPECT_EQ(getString(*store_, "a"), "one");
  std::string seen;
  EXPECT_EQ(store_->view("a", [&](std::string_view value) { seen = value; }), ReadResult::kHit);
  EXPECT_EQ(seen, "one");
}

TEST_P(StoreStamp, IsGivenWithAValueThatTheBufferIsTooSmallFor) {
  put("a", "one", 11);
  char out[3];
  uint64_t bytes = 0;
  uint64_t stamp = 0;
  // The size is that of the value: the stamp does not count.
  EXPECT_EQ(store_->get("a", out, 2, bytes, &stamp), ReadResult::kBufferTooSmall);
  EXPECT_EQ(bytes, 3U);
  EXPECT_EQ(stamp, 11U);
  EXPECT_EQ(store_->get("a", out, 3, bytes, &stamp), ReadResult::kHit);
  EXPECT_EQ(std::string_view(out, 3), "one");
}

TEST_P(StoreStamp, LiesBeforeThePrefix) {
  char out[16];
  uint64_t bytes = 0;
  uint64_t stamp = 0;
  put("a", "one: x", 11);
  EXPECT_EQ(store_->getPrefixed("a", "one: ", out, sizeof out, bytes, &stamp), ReadResult::kHit);
  EXPECT_EQ(std::string_view(out, bytes), "one: x");
  EXPECT_EQ(stamp, 11U);
  EXPECT_EQ(store_->getPrefixed("a", "one: ", out, 2, bytes, &stamp), ReadResult::kBufferTooSmall);
  EXPECT_EQ(stamp, 11U);
  // The call returns the stamp of the value that it removes for its prefix.
  EXPECT_EQ(store_->getPrefixed("a", "two: ", out, sizeof out, bytes, &stamp), ReadResult::kMiss);
  EXPECT_EQ(stamp, 11U);
  EXPECT_FALSE(store_->has("a"));
  EXPECT_EQ(store_->getPrefixed("a", "two: ", out, sizeof out, bytes, &stamp), ReadResult::kMiss);
  EXPECT_EQ(stamp, 0U);
  EXPECT_EQ(store_->stats().hits, 1U);
  EXPECT_EQ(store_->stats().misses, 2U);
}

TEST_P(StoreStamp, IsGivenWithAView) {
  put("a", "one", 11);
  uint64_t stamp = 0;
  std::string seen;
  const auto visit = [&](std::string_view value) {
    seen = value;
    EXPECT_EQ(stamp, 11U);
  };
  EXPECT_EQ(store_->view("a", visit, &stamp), ReadResult::kHit);
  EXPECT_EQ(seen, "one");
  EXPECT_EQ(store_->view("b", visit, &stamp), ReadResult::kMiss);
  EXPECT_EQ(stamp, 0U);
}

TEST_P(StoreStamp, SaysWhichValueIsRemoved) {
  put("a", "one", 11);
  EXPECT_FALSE(store_->remove("a", RemovalReason::kDelete, 12));
  EXPECT_FALSE(store_->remove("b", RemovalReason::kDelete, 11));
  EXPECT_EQ(find("a"), Stamped("one", 11));
  EXPECT_TRUE(store_->remove("a", RemovalReason::kDelete, 11));
  EXPECT_FALSE(store_->has("a"));
  EXPECT_EQ(store_->stats().payloadBytes, 0U);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreStamp, IsPayload) {
  put("a", "one", 11);
  EXPECT_EQ(store_->stats().payloadBytes, 1 + 3 + kStampBytes);
}

TEST_P(StoreStamp, LeavesLessRoomForTheLargestValue) {
  StoreOptions options;
  options.maxBytes = kMiB;
  options.policy = GetParam();
  const auto plain = Store::open(options, testEnvironment(memory_));
  EXPECT_EQ(store_->largestValue(), plain->largestValue() - kStampBytes);
  EXPECT_EQ(put("a", std::string(store_->largestValue() + 1, 'v'), 1), PutResult::kTooLarge);
  // The key and the entry's header, of less than a hundred bytes, need room too.
  EXPECT_EQ(put("a", std::string(store_->largestValue() - 100, 'v'), 1), PutResult::kStored);
}

TEST_P(StoreStamp, IsKeptWithLargeValues) {
  open(64 * kMiB);
  const std::string large(4 * kMiB, 'l');
  EXPECT_EQ(put("large", large, 11), PutResult::kStored);
  EXPECT_EQ(find("large"), Stamped(large, 11));
  char out[1];
  uint64_t bytes = 0;
  uint64_t stamp = 0;
  EXPECT_EQ(store_->getPrefixed("large", "ll", out, 1, bytes, &stamp), ReadResult::kBufferTooSmall);
  EXPECT_EQ(stamp, 11U);
  // A reader uses the value while it is removed by its stamp.
  EXPECT_EQ(store_->view("large",
                         [&](std::string_view value) {
                           TestThread([&] {
                             EXPECT_EQ(find("large"), Stamped(large, 11));
                             EXPECT_FALSE(store_->remove("large", RemovalReason::kDelete, 12));
                             EXPECT_TRUE(store_->remove("large", RemovalReason::kDelete, 11));
                           }).join();
                           EXPECT_EQ(value, large);
                         }),
            ReadResult::kHit);
  EXPECT_FALSE(store_->has("large"));
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreStamp, IsKeptByAResize) {
  constexpr uint64_t kEntries = 200;
  open(64 * kMiB);
  const auto check = [&] {
    for (uint64_t i = 0; i < kEntries; ++i) {
      ASSERT_EQ(find(keyOf(i)), Stamped(std::string(i * 50, 'v'), 1000 + i)) << i;
    }
    EXPECT_EQ(find("large").second, 1U);
    EXPECT_EQ(store_->checkIntegrity(), "");
  };
  for (uint64_t i = 0; i < kEntries; ++i) put(keyOf(i), std::string(i * 50, 'v'), 1000 + i);
  put("large", std::string(3 * kMiB, 'l'), 1);
  check();
  // The slabs have other sizes: entries are copied, and large ones are carried with their mappings.
  for (const uint64_t maxBytes : {8 * kMiB, 1024 * kMiB, 16 * kMiB}) {
    ASSERT_TRUE(store_->resize(maxBytes));
    check();
  }
}

TEST_P(StoreStamp, MovesWithItsValue) {
  SeededRandom random(5);
  std::vector<uint64_t> stamps(3000, 0);
  for (uint64_t step = 1; step < 30000; ++step) {
    const uint64_t id = random.below(stamps.size());
    const std::string key = keyOf(id);
    const Stamped found = find(key);
    if (found.second != 0) {
      ASSERT_EQ(found.second, stamps[id]);
      ASSERT_EQ(found.first.substr(0, key.size()), key);
    }
    ASSERT_EQ(put(key, key + std::string(random.below(900), 'v'), step), PutResult::kStored);
    stamps[id] = step;
  }
  EXPECT_GT(store_->stats().evictions, 0U);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreStamp, IsNoPartOfAStoreThatIsNotStamped) {
  const auto plain = openStore(kMiB, GetParam());
  PutOptions options;
  options.stamp = 11;
  EXPECT_EQ(plain->put("a", "one", options), PutResult::kStored);
  uint64_t bytes = 0;
  uint64_t stamp = 7;
  char out[3];
  EXPECT_EQ(plain->get("a", out, sizeof out, bytes, &stamp), ReadResult::kHit);
  EXPECT_EQ(stamp, 0U);
  EXPECT_EQ(plain->stats().payloadBytes, 4U);
  EXPECT_FALSE(plain->remove("a", RemovalReason::kDelete, 0));
}

/// Each value's stamp is the version that it is made of.
TEST_P(StoreStamp, IsThatOfTheValueForManyThreads) {
  constexpr uint64_t kKeys = 40;
  open(16 * kMiB);
  const auto bytesOf = [](uint64_t id, uint64_t version) {
    // Every fourth value is large.
    return 8 + mix(id + version) % 100 + (id % 4 == 0 ? 600 * kKiB : 0);
  };
  const auto putVersion = [&](uint64_t id, uint64_t version) {
    std::string value;
    VersionedValue(id, version).write(value, bytesOf(id, version));
    put(keyOf(id), value, version);
  };
  for (uint64_t id = 0; id < kKeys; ++id) putVersion(id, 1);
  std::atomic<bool> done{false};
  std::atomic<uint64_t> wrong{0};
  std::atomic<uint64_t> removed{0};
  std::vector<TestThread> threads;
  for (uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      SeededRandom random(t);
      std::vector<char> out(kMiB);
      while (!done) {
        const uint64_t id = random.below(kKeys);
        const std::string key = keyOf(id);
        uint64_t bytes = 0;
        uint64_t stamp = 0;
        if (store_->get(key, out.data(), out.size(), bytes, &stamp) != ReadResult::kHit) continue;
        const VersionedValue expected(id, stamp);
        if (bytes != bytesOf(id, stamp) || !expected.matches({out.data(), bytes})) ++wrong;
        if (random.oneIn(3) && store_->remove(key, RemovalReason::kDelete, stamp)) ++removed;
      }
    });
  }
  SeededRandom random(9);
  for (uint64_t version = 2; version < (kSanitized ? 600U : 4000U) || removed == 0; ++version) {
    putVersion(random.below(kKeys), version);
    if (version % 100 == 0) store_->resize((8 + 56 * random.below(2)) * kMiB);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreStamp, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
