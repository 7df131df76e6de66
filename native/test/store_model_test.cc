// The store against a plain reference: the same operations, the same answers, exact LRU order.
#include <gtest/gtest.h>

#include <list>
#include <random>
#include <string>
#include <unordered_map>

#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

/// Least recently used by count, with times to live, written to be obviously right.
class ReferenceLru {
 public:
  explicit ReferenceLru(size_t maxEntries) : maxEntries_(maxEntries) {}

  void put(const std::string& key, const std::string& value, uint64_t expiry) {
    remove(key);
    if (entries_.size() == maxEntries_) entries_.pop_back();
    entries_.push_front({key, value, expiry});
  }
  const std::string* get(const std::string& key, bool use) {
    const auto at = find(key);
    if (at == entries_.end()) return nullptr;
    if (use) entries_.splice(entries_.begin(), entries_, at);
    return &at->value;
  }
  bool remove(const std::string& key) {
    const auto at = find(key);
    if (at == entries_.end()) return false;
    entries_.erase(at);
    return true;
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Item {
    std::string key;
    std::string value;
    uint64_t expiry;
  };

  std::list<Item>::iterator find(const std::string& key) {
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (at->key != key) continue;
      if (at->expiry > fakeNow()) return at;
      entries_.erase(at);
      return entries_.end();
    }
    return entries_.end();
  }

  size_t maxEntries_;
  std::list<Item> entries_;
};

TEST(StoreModel, AgreesWithTheReferenceLru) {
  constexpr size_t kEntries = 60;
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = kMiB;
  options.maxEntries = kEntries;
  const auto store = Store::open(options, testEnvironment(memory));
  ReferenceLru reference(kEntries);
  std::mt19937 random(42);
  const auto pick = [&random](uint32_t below) { return static_cast<uint32_t>(random() % below); };

  for (int step = 0; step < 300000; ++step) {
    const std::string key = keyOf(pick(150));
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string value(pick(20) == 0 ? pick(12000) : pick(900),
                                static_cast<char>('a' + pick(26)));
        ASSERT_EQ(store->put(key, value), PutResult::kStored);
        reference.put(key, value, kNeverExpires);
        break;
      }
      case 4:
        ASSERT_EQ(store->remove(key), reference.remove(key)) << step;
        break;
      case 5:
        ASSERT_EQ(store->has(key), reference.get(key, false) != nullptr) << step;
        break;
      default: {
        const auto found = getString(*store, key);
        const std::string* const expected = reference.get(key, true);
        ASSERT_EQ(found.has_value(), expected != nullptr) << step << ' ' << key;
        ASSERT_TRUE(expected == nullptr || *found == *expected) << step << ' ' << key;
      }
    }
    ASSERT_EQ(store->stats().entries, reference.size());
    ASSERT_LE(memory.mapped, kMiB);
  }
}

class StoreChurn : public testing::TestWithParam<Policy> {};

/// Whatever is evicted when, a value read is the last one put, and the budget holds.
TEST_P(StoreChurn, NeverReturnsAWrongValue) {
  TestMemory memory;
  StoreOptions options;
  options.maxBytes = kMiB;
  options.policy = GetParam();
  const auto store = Store::open(options, testEnvironment(memory));
  std::unordered_map<std::string, std::pair<std::string, uint64_t>> last;
  std::mt19937 random(7);
  const auto pick = [&random](uint32_t below) { return static_cast<uint32_t>(random() % below); };

  for (int step = 0; step < 300000; ++step) {
    const std::string key = keyOf(pick(3000));
    const uint32_t kind = pick(100);
    if (kind < 45) {
      std::string value(pick(50) == 0 ? pick(60000) : pick(1200),
                        static_cast<char>('a' + pick(26)));
      PutOptions put;
      put.ttlMs = pick(3) == 0 ? 1 + pick(500) : 0;
      if (store->put(key, value, put) == PutResult::kStored) {
        last[key] = {std::move(value), put.ttlMs == 0 ? kNeverExpires : fakeNow() + put.ttlMs};
      } else {
        // Under pressure the budget may be too small for it; the one before stays.
        ASSERT_LT(store->budgetBytes(), 2 * (value.size() + 64 * kKiB));
      }
    } else if (kind < 90) {
      const auto found = getString(*store, key);
      if (found) {
        ASSERT_EQ(last.count(key), 1U);
        ASSERT_EQ(*found, last[key].first);
        ASSERT_GT(last[key].second, fakeNow());
      }
    } else if (kind < 94) {
      store->remove(key);
      last.erase(key);
    } else if (kind < 97) {
      fakeNow() += pick(20);
      store->maintain();
    } else if (pick(20) == 0) {
      store->shrink(pick(400) * kKiB);
    } else if (pick(100) == 0) {
      store->setPressureBudget(pick(1024) * kKiB);
    } else if (pick(400) == 0) {
      store->clear();
      last.clear();
    }
    const StoreStats stats = store->stats();
    ASSERT_LE(stats.heldBytes, stats.budgetBytes);
    ASSERT_EQ(stats.heldBytes, memory.mapped);
  }
  EXPECT_GT(store->stats().hits, 1000U);
  EXPECT_GT(store->stats().expirations, 100U);
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreChurn, testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
