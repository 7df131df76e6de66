// Counters of changes: a value whose counter and epoch are unchanged is the present one.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

/// A reader that keeps values.
class Keeper {
 public:
  explicit Keeper(Store& store) : store_(store), counters_(bytes_.data()) {
    EXPECT_TRUE(store.attach(counters_));
  }
  ~Keeper() { store_.detach(counters_); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  struct Kept {
    std::string value;
    uint32_t place = 0;
    uint32_t counter = 0;
    uint32_t epoch = 0;
  };

  /// Returns false for a miss.
  bool read(const std::string& key, Kept& kept) {
    kept.place = store_.changePlaceOf(key);
    kept.counter = counters_.at(kept.place);
    kept.epoch = counters_.epoch();
    return valueOf(key, kept.value);
  }
  bool isPresent(const Kept& kept) const {
    return counters_.at(kept.place) == kept.counter && counters_.epoch() == kept.epoch;
  }
  bool valueOf(const std::string& key, std::string& value) {
    char out[256];
    uint64_t bytes = 0;
    if (store_.get(key, out, sizeof out, bytes) != ReadResult::kHit) return false;
    value.assign(out, bytes);
    return true;
  }
  uint32_t epoch() const { return counters_.epoch(); }
  /// Counts a hit as JavaScript does.
  void hit() {
    double hits = 0;
    std::memcpy(&hits, bytes_.data() + 8, sizeof hits);
    ++hits;
    std::memcpy(bytes_.data() + 8, &hits, sizeof hits);
  }

 private:
  Store& store_;
  alignas(8) std::array<char, ChangeCounters::kBytes> bytes_{};
  ChangeCounters counters_;
};

class StoreChanges : public ::testing::TestWithParam<Policy> {
 protected:
  std::unique_ptr<Store> open(uint64_t maxBytes) {
    StoreOptions options;
    options.maxBytes = maxBytes;
    options.policy = GetParam();
    return Store::open(options, testEnvironment(memory_));
  }

  TestMemory memory_;
};

INSTANTIATE_TEST_SUITE_P(Policies, StoreChanges, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

std::string numberedKey(uint64_t n) {
  return "key " + std::to_string(n);
}

TEST_P(StoreChanges, TellOfEveryChangeWhateverHappens) {
  const auto store = open(kMiB);
  Keeper keeper(*store);
  std::map<std::string, Keeper::Kept> kept;
  SeededRandom random(21);
  uint64_t present = 0;
  uint64_t changed = 0;
  for (uint64_t i = 0; i < scaled(200'000); ++i) {
    const std::string key = numberedKey(random.below(3000));
    switch (random.below(10)) {
      case 0: {
        PutOptions options;
        options.ttlMs = random.below(8) == 0 ? 1 + random.below(50) : 0;
        const std::string value(random.below(250), static_cast<char>('a' + random.below(26)));
        store->put(key, value, options);
        break;
      }
      case 1:
        store->remove(key);
        break;
      case 2: {
        Keeper::Kept& each = kept[key];
        PutOptions never;
        store->put(key, std::to_string(i), never);
        ASSERT_TRUE(keeper.read(key, each));
        break;
      }
      default: {
        const auto found = kept.find(key);
        if (found == kept.end()) break;
        if (keeper.isPresent(found->second)) {
          std::string value;
          ASSERT_TRUE(keeper.valueOf(key, value)) << key;
          ASSERT_EQ(value, found->second.value) << key;
          ++present;
        } else {
          kept.erase(found);
          ++changed;
        }
      }
    }
    if (random.below(2000) == 0) fakeNow() += random.below(100);
    switch (random.below(20'000)) {
      case 0:
        store->clear();
        break;
      case 1:
        store->resize(kMiB / 2 + random.below(4) * kMiB);
        break;
      case 2:
        store->setBudget(store->budgetBytes(), kMiB / 2);
        break;
      case 3:
        store->shrink(kMiB / 4);
        break;
      case 4:
        store->maintain(true);
        break;
      default:
        break;
    }
  }
  EXPECT_GT(present, scaled(200'000) / 100);
  EXPECT_GT(changed, scaled(200'000) / 100);
}

TEST_P(StoreChanges, BeginAnEpochWithTheBudgetAndClears) {
  const auto store = open(4 * kMiB);
  Keeper keeper(*store);
  const uint32_t first = keeper.epoch();
  store->setBudget(store->budgetBytes(), 2 * kMiB);
  const uint32_t second = keeper.epoch();
  EXPECT_NE(first, second);
  store->clear();
  EXPECT_NE(keeper.epoch(), second);
}

TEST_P(StoreChanges, KeepWhatIsUsedFromEvictionByFewLookUps) {
  const auto store = open(kMiB);
  Keeper keeper(*store);
  Keeper::Kept kept;
  store->put("used", "value");
  uint64_t lookUps = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    store->put(numberedKey(i), std::string(200, 'x'));
    if (keeper.isPresent(kept) && i > 0) continue;
    ASSERT_TRUE(keeper.read("used", kept)) << i;
    ++lookUps;
  }
  EXPECT_GT(store->stats().evictions, 90'000U);
  EXPECT_LT(lookUps, 5'000U);
}

TEST_P(StoreChanges, CountTheHitsOfTheReader) {
  const auto store = open(kMiB);
  store->put("key", "value");
  {
    Keeper keeper(*store);
    Keeper::Kept kept;
    ASSERT_TRUE(keeper.read("key", kept));
    keeper.hit();
    keeper.hit();
    EXPECT_EQ(store->stats().hits, 3U);
  }
  EXPECT_EQ(store->stats().hits, 3U);
}

TEST_P(StoreChanges, AreThoseOfAFewReaders) {
  const auto store = open(kMiB);
  std::vector<std::unique_ptr<Keeper>> keepers;
  for (int i = 0; i < 16; ++i) keepers.push_back(std::make_unique<Keeper>(*store));
  alignas(8) std::array<char, ChangeCounters::kBytes> bytes{};
  ChangeCounters more(bytes.data());
  EXPECT_FALSE(store->attach(more));
  store->detach(more);
  Keeper::Kept kept;
  store->put("key", "value");
  ASSERT_TRUE(keepers[7]->read("key", kept));
  keepers.erase(keepers.begin(), keepers.begin() + 3);
  EXPECT_TRUE(keepers[4]->isPresent(kept));
  store->put("key", "another value");
  EXPECT_FALSE(keepers[4]->isPresent(kept));
  EXPECT_TRUE(store->attach(more));
  store->detach(more);
}

TEST_P(StoreChanges, AreSeenByThreadsThatKnowOfThePut) {
  const auto store = open(kMiB);
  Keeper keeper(*store);
  std::atomic<uint64_t> written{0};
  std::atomic<bool> stops{false};
  store->put("key", "0");
  std::thread writer([&] {
    for (uint64_t i = 1; !stops; ++i) {
      store->put("key", std::to_string(i));
      written.store(i, std::memory_order_release);
    }
  });
  Keeper::Kept kept;
  uint64_t present = 0;
  for (uint64_t i = 0; i < scaled(200'000); ++i) {
    if (i % 3 == 0) {
      ASSERT_TRUE(keeper.read("key", kept));
    }
    const uint64_t known = written.load(std::memory_order_acquire);
    if (!keeper.isPresent(kept)) continue;
    ++present;
    ASSERT_GE(std::stoull(kept.value), known);
  }
  stops = true;
  writer.join();
  EXPECT_GT(present, 0U);
}

}  // namespace
}  // namespace ebbcache::test
