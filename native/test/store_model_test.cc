// The store and plain references that evict by count give the same answers to the same operations.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "reference_caches.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

std::vector<std::string> someKeys(uint64_t count) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < count; ++i) keys.push_back(keyOf(100000 + i));
  return keys;
}

struct CountCase {
  uint64_t maxEntries;
  uint64_t keys;
  uint64_t maxBytes;
  uint64_t steps;

  friend void PrintTo(const CountCase& each, std::ostream* out) {
    *out << each.maxEntries << " of " << each.keys << " keys";
  }
};

class StoreModel : public ::testing::TestWithParam<CountCase> {};

struct Expected {
  uint64_t version;
  uint64_t bytes;
  uint64_t expiry;
};

/// An expired entry may be noticed late, but it is gone after the clock has shown its expiry and
/// maintain() has run, which searches one slab at most once a second.
void letTimePass(Store& store, RecencyOrder<Expected>& reference, uint64_t ms) {
  fakeNow() += 1000 + ms;
  maintainToTheEnd(store);
  std::vector<uint64_t> expired;
  for (const auto& [id, entry] : reference.items()) {
    if (entry.expiry <= fakeNow()) expired.push_back(id);
  }
  for (const uint64_t id : expired) reference.remove(id);
}

TEST_P(StoreModel, AgreesWithTheReferenceLru) {
  const CountCase& given = GetParam();
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = given.maxBytes;
  options.maxEntries = given.maxEntries;
  const auto store = Store::open(options, testEnvironment(memory));
  RecencyOrder<Expected> reference;
  SeededRandom random(given.maxEntries);
  const std::vector<std::string> keys = someKeys(given.keys);
  ValueReader reader;
  std::string value;

  for (uint64_t step = 1; step <= scaled(given.steps); ++step) {
    const uint64_t id = random.below(given.keys);
    const std::string& key = keys[id];
    Expected* const expected = reference.find(id);
    const uint64_t kind = random.below(20);
    if (kind < 8) {
      const uint64_t bytes = random.oneIn(20) ? random.below(5000) : random.below(700);
      PutOptions put;
      put.ttlMs = random.oneIn(4) ? 1 + random.below(20000) : 0;
      VersionedValue(id, step).write(value, bytes);
      ASSERT_EQ(store->put(key, value, put), PutResult::kStored);
      if (expected == nullptr && reference.size() == given.maxEntries) reference.removeOldest();
      const uint64_t expiry = put.ttlMs == 0 ? kNeverExpires : fakeNow() + put.ttlMs;
      reference.put(id, {step, bytes, expiry});
    } else if (kind < 10) {
      ASSERT_EQ(store->remove(key), reference.remove(id)) << step << ' ' << key;
    } else if (kind < 11) {
      ASSERT_EQ(store->has(key), expected != nullptr) << step << ' ' << key;
    } else {
      const bool peeks = kind < 13;
      const bool found = peeks ? reader.peek(*store, key) : reader.get(*store, key);
      ASSERT_EQ(found, expected != nullptr) << step << ' ' << key;
      if (expected != nullptr) {
        ASSERT_EQ(reader.value().size(), expected->bytes) << step << ' ' << key;
        ASSERT_TRUE(VersionedValue(id, expected->version).matches(reader.value())) << step;
        if (!peeks) reference.use(id);
      }
    }
    if (step % 5000 == 0) {
      letTimePass(*store, reference, random.below(2000));
      // All sizes hold all entries: order and entries survive the move to slabs of another size.
      ASSERT_TRUE(store->resize(given.maxBytes << random.below(7)));
      ASSERT_EQ(store->checkIntegrity(), "") << step;
    }
    ASSERT_EQ(store->stats().entries, reference.size()) << step;
    ASSERT_LE(memory.mapped, store->budgetBytes()) << step;
  }
  EXPECT_EQ(store->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(Counts, StoreModel,
                         ::testing::Values(CountCase{1, 3, 256 * kKiB, 200000},
                                           CountCase{60, 150, kMiB, 800000},
                                           CountCase{5000, 12000, 16 * kMiB, 800000}));

class StoreS3FifoModel : public ::testing::TestWithParam<std::tuple<uint64_t, uint64_t>> {};

/// Entries have one size, so that the small queue's share of the bytes is its share of the entries.
/// The budget is so large that the table of ghosts distinguishes 32 bits of a hash, and the keys
/// are so few that two share those once in 20,000 runs. The entries are so few that their second
/// chances do not reach the bound of one eviction.
/// the bound of one eviction.
TEST_P(StoreS3FifoModel, AgreesWithTheReference) {
  const auto [maxEntries, keyCount] = GetParam();
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = 1024 * kMiB;
  options.maxEntries = maxEntries;
  options.policy = Policy::kS3Fifo;
  const auto store = Store::open(options, testEnvironment(memory));
  ReferenceS3Fifo reference(maxEntries);
  SeededRandom random(maxEntries);
  const std::vector<std::string> keys = someKeys(keyCount);
  ValueReader reader;
  std::string value;

  for (uint64_t step = 1; step <= scaled(500000); ++step) {
    const uint64_t id = random.skewedBelow(keyCount);
    const std::string& key = keys[id];
    const uint64_t kind = random.below(40);
    if (kind < 16) {
      VersionedValue(id, step).write(value, 200);
      ASSERT_EQ(store->put(key, value), PutResult::kStored);
      reference.put(id);
    } else if (kind == 16) {
      ASSERT_EQ(store->remove(key), reference.remove(id)) << step << ' ' << key;
    } else if (kind == 17) {
      ASSERT_EQ(store->has(key), reference.has(id)) << step << ' ' << key;
    } else if (kind < 20) {
      ASSERT_EQ(reader.peek(*store, key), reference.has(id)) << step << ' ' << key;
    } else {
      ASSERT_EQ(reader.get(*store, key), reference.get(id)) << step << ' ' << key;
    }
    ASSERT_EQ(store->stats().entries, reference.size()) << step;
    if (step % 1000 != 0) continue;
    for (uint64_t each = 0; each < keyCount; ++each) {
      ASSERT_EQ(store->has(keys[each]), reference.has(each)) << step << ' ' << keys[each];
    }
    ASSERT_EQ(store->checkIntegrity(), "") << step;
  }
  EXPECT_EQ(store->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(Counts, StoreS3FifoModel,
                         ::testing::Values(std::tuple<uint64_t, uint64_t>{1, 4},
                                           std::tuple<uint64_t, uint64_t>{12, 40},
                                           std::tuple<uint64_t, uint64_t>{200, 600}));

}  // namespace
}  // namespace ebbcache::test
