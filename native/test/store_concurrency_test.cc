// Many threads on one store. Each key has one writer, so that every reader knows how old a value it
// may still see; all threads read, move and evict all keys.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "heap_faults.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "supply_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

/// The facts that one key's writer shares with its readers.
struct KeyState {
  /// The version of the last put that began.
  std::atomic<uint64_t> newest{0};
  /// All versions before this one are overwritten or removed: no later read may see them.
  std::atomic<uint64_t> oldest{1};
};

class SharedStoreUse {
 public:
  SharedStoreUse(Policy policy, uint64_t maxBytes, uint64_t keys, uint64_t largestValue,
                 SlabSupply* supply = nullptr)
      : keys_(keys), largestValue_(largestValue), supply_(supply), states_(keys) {
    StoreOptions options;
    options.maxBytes = maxBytes;
    options.policy = policy;
    StoreEnvironment environment = testEnvironment(memory_);
    environment.supply = supply;
    store_ = Store::open(options, environment);
  }

  Store& store() { return *store_; }
  uint64_t gets() const { return gets_; }

  /// Fills the store before the threads start, so that readers that run before every writer have
  /// hits.
  void fill() { write(0, 1, scaled(1000)); }

  /// Writes keys of the residue class `part` of `parts`; each call needs its own thread.
  void write(uint64_t part, uint64_t parts, uint64_t steps) {
    SeededRandom random(part);
    std::string value;
    for (uint64_t step = 0; step < steps && ok_; ++step) {
      const uint64_t id = random.skewedBelow(keys_ / parts) * parts + part;
      KeyState& state = states_[id];
      if (random.oneIn(12)) {
        store_->remove(keyOf(id));
        // Only its writer puts the key: all later values have versions that are not used yet.
        state.oldest = state.newest + 1;
        if (store_->has(keyOf(id))) fail("removed, and still there");
        continue;
      }
      const uint64_t version = ++state.newest;
      VersionedValue(id, version).write(value, bytesOf(id, version));
      PutOptions options;
      options.ttlMs = random.oneIn(8) ? 1 + random.below(50) : 0;
      if (store_->put(keyOf(id), value, options) == PutResult::kStored) {
        ++puts_;
        state.oldest = version;
      }
    }
  }

  void read(uint64_t stream, uint64_t steps) {
    SeededRandom random(100 + stream);
    ValueReader reader;
    for (uint64_t step = 0; step < steps && ok_; ++step) {
      const uint64_t id = random.skewedBelow(keys_);
      const uint64_t oldest = states_[id].oldest;
      const bool peeks = random.oneIn(8);
      const bool found = peeks ? reader.peek(*store_, keyOf(id)) : reader.get(*store_, keyOf(id));
      if (!peeks) ++gets_;
      if (found) check(id, oldest, reader.value());
    }
  }

  /// Scans, resizes, shrinks, clears the store, and advances its clock.
  void disturb(uint64_t stream, uint64_t steps, uint64_t maxBytes) {
    SeededRandom random(200 + stream);
    for (uint64_t step = 0; step < steps && ok_; ++step) {
      switch (random.below(9)) {
        case 0:
          store_->resize(std::max(kMinBudgetBytes, maxBytes * 4 >> random.below(6)));
          break;
        case 1:
          store_->shrink(random.below(maxBytes));
          break;
        case 2:
          if (random.oneIn(8)) store_->clear();
          break;
        case 3:
          setPressureBudget(*store_, random.oneIn(2) ? UINT64_MAX : random.below(maxBytes));
          break;
        case 4:
        case 5:
          fakeNow() += random.below(400);
          store_->maintain();
          break;
        case 6:
          scanSome(random.below(500));
          break;
        default:
          checkStats();
      }
    }
  }

  /// Checks the store once all threads have ended.
  void checkAtRest() {
    ASSERT_TRUE(ok_) << failure_;
    fakeNow() += 2000;
    store_->maintain();
    if (supply_ != nullptr) drain(*supply_, memory_.requests);
    std::unordered_set<std::string> keys;
    uint64_t cursor = 0;
    do {
      cursor = store_->scan(cursor, [&](std::string_view key) {
        ASSERT_TRUE(keys.emplace(key).second) << key << " is there twice";
      });
    } while (cursor != 0);
    ValueReader reader;
    uint64_t payload = 0;
    for (uint64_t id = 0; id < keys_; ++id) {
      if (!reader.peek(*store_, keyOf(id))) continue;
      ASSERT_EQ(keys.erase(keyOf(id)), 1U);
      check(id, states_[id].oldest, reader.value());
      payload += keyOf(id).size() + reader.value().size();
      ++found_;
    }
    ASSERT_TRUE(ok_) << failure_;
    ASSERT_TRUE(keys.empty());
    const StoreStats stats = store_->stats();
    EXPECT_EQ(stats.entries, found_);
    EXPECT_EQ(stats.payloadBytes, payload);
    EXPECT_EQ(stats.heldBytes, memory_.mapped);
    EXPECT_LE(stats.heldBytes, stats.budgetBytes);
    EXPECT_EQ(stats.puts, puts_);
    EXPECT_EQ(stats.hits + stats.misses, gets_);
    EXPECT_GT(stats.hits, 0U);
    EXPECT_EQ(store_->checkIntegrity(), "");
    store_->clear();
    EXPECT_EQ(store_->checkIntegrity(), "");
    EXPECT_EQ(store_->stats().entries, 0U);
    EXPECT_EQ(store_->stats().payloadBytes, 0U);
    store_.reset();
    EXPECT_EQ(memory_.mapped, 0U);
  }

 private:
  uint64_t bytesOf(uint64_t id, uint64_t version) const {
    return 8 + mix(id + (version << 32)) % largestValue_;
  }

  void check(uint64_t id, uint64_t oldest, std::string_view value) {
    const uint64_t newest = states_[id].newest;
    const uint64_t version = value.size() < 8 ? 0 : VersionedValue::versionIn(value);
    if (!VersionedValue(id, version).matches(value)) {
      fail("torn, or another key's");
    } else if (value.size() != bytesOf(id, version)) {
      fail("of another length");
    } else if (version < oldest) {
      fail("stale");
    } else if (version > newest) {
      fail("never put");
    }
  }

  void scanSome(uint64_t calls) {
    uint64_t cursor = 0;
    do {
      cursor = store_->scan(cursor, [&](std::string_view key) {
        if (key.substr(0, 4) != "key-") fail("scan visits what is no key");
      });
    } while (cursor != 0 && calls-- > 0);
  }

  void checkStats() {
    const StoreStats stats = store_->stats();
    if (stats.heldBytes > stats.budgetBytes) fail("the budget is passed");
    if (stats.budgetBytes > stats.maxBytes) fail("the budget is above maxBytes");
    if (stats.payloadBytes > stats.heldBytes) fail("there is more payload than memory");
    if (stats.entries > keys_) fail("there are more entries than keys");
  }

  void fail(const char* why) {
    if (ok_.exchange(false)) failure_ = why;
  }

  const uint64_t keys_;
  const uint64_t largestValue_;
  SlabSupply* supply_;
  TestMemory memory_;
  std::unique_ptr<Store> store_;
  std::vector<KeyState> states_;
  std::atomic<uint64_t> puts_{0};
  std::atomic<uint64_t> gets_{0};
  std::atomic<bool> ok_{true};
  const char* failure_ = "";
  uint64_t found_ = 0;
};

void join(std::vector<TestThread>& threads) {
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

class StoreConcurrency : public ::testing::TestWithParam<std::tuple<Policy, uint64_t>> {};

TEST_P(StoreConcurrency, ServesAllOperationsAtOnce) {
  const auto [policy, maxBytes] = GetParam();
  SharedStoreUse use(policy, maxBytes, maxBytes / 100, 1200);
  use.fill();
  std::vector<TestThread> threads;
  for (uint64_t i = 0; i < 3; ++i) {
    threads.emplace_back([&use, i] { use.write(i, 3, scaled(24000)); });
    threads.emplace_back([&use, i] { use.read(i, scaled(48000)); });
  }
  threads.emplace_back([&use, maxBytes = maxBytes] { use.disturb(0, scaled(800), maxBytes); });
  join(threads);
  use.checkAtRest();
}

/// The budget holds few of them: each put overwrites, evicts or moves entries while they are read.
TEST_P(StoreConcurrency, ServesReadersBesideAWriterThatCompacts) {
  const auto [policy, maxBytes] = GetParam();
  SharedStoreUse use(policy, maxBytes, 60 + maxBytes / 4000, 12000);
  use.fill();
  std::vector<TestThread> threads;
  threads.emplace_back([&use] { use.write(0, 1, scaled(14000)); });
  for (uint64_t i = 0; i < 3; ++i) {
    threads.emplace_back([&use, i] { use.read(i, scaled(14000)); });
  }
  join(threads);
  use.checkAtRest();
}

/// Slabs are made ahead, and entries move to them while they are read, written and moved.
TEST_P(StoreConcurrency, ServesAllOperationsWithASupply) {
  const auto [policy, maxBytes] = GetParam();
  SlabSupply supply;
  SharedStoreUse use(policy, maxBytes, maxBytes / 200, 1200, &supply);
  use.fill();
  std::vector<TestThread> threads;
  for (uint64_t i = 0; i < 2; ++i) {
    threads.emplace_back([&use, i] { use.write(i, 2, scaled(24000)); });
    threads.emplace_back([&use, i] { use.read(i, scaled(48000)); });
  }
  threads.emplace_back([&use, maxBytes = maxBytes] { use.disturb(0, scaled(800), maxBytes); });
  join(threads);
  use.checkAtRest();
}

/// There are few keys, which are all hot: the same entry is overwritten, read and removed
/// concurrently.
TEST_P(StoreConcurrency, ServesAHandfulOfKeys) {
  const auto [policy, maxBytes] = GetParam();
  SharedStoreUse use(policy, maxBytes, 8, 700);
  use.fill();
  std::vector<TestThread> threads;
  for (uint64_t i = 0; i < 2; ++i) {
    threads.emplace_back([&use, i] { use.write(i, 2, scaled(45000)); });
    threads.emplace_back([&use, i] { use.read(i, scaled(60000)); });
  }
  join(threads);
  use.checkAtRest();
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreConcurrency,
                         ::testing::Combine(::testing::Values(Policy::kLru, Policy::kS3Fifo),
                                            ::testing::Values(64 * kKiB, kMiB, 16 * kMiB)));

/// With room for all entries no miss is allowed: a value that was put is found by all later reads,
/// while tables grow and shrink and slabs of other sizes take over the entries.
TEST(StoreConcurrencyWithRoom, NoReaderMissesWhatIsThere) {
  const auto store = openStore(64 * kMiB);
  constexpr uint64_t kKeys = 20000;
  std::atomic<uint64_t> filled{1};
  std::atomic<bool> done{false};
  std::atomic<uint64_t> misses{0};
  store->put(keyOf(0), "here");
  std::vector<TestThread> threads;
  for (uint64_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      SeededRandom random(300 + i);
      ValueReader reader;
      while (!done) {
        const std::string key = keyOf(random.below(filled));
        if (i == 0 ? !store->has(key) : !reader.get(*store, key)) ++misses;
      }
    });
  }
  SeededRandom random(400);
  for (uint64_t step = 0; step < scaled(100000); ++step) {
    if (filled < kKeys && random.oneIn(4)) {
      store->put(keyOf(filled), "here");
      ++filled;
    }
    store->put(keyOf(random.below(filled)), std::string(random.below(500), 'o'));
    store->put("passing", "by");
    if (random.oneIn(3)) store->remove("passing");
    if (step % 20000 == 0) store->resize(32 * kMiB << random.below(7));
    if (step % 5000 == 0) store->maintain();
  }
  done = true;
  join(threads);
  EXPECT_EQ(misses, 0U);
  EXPECT_EQ(store->checkIntegrity(), "");
  EXPECT_EQ(store->stats().evictions, 0U);
}

}  // namespace
}  // namespace ebbcache::test
