// LRU by bytes: which entries fit a budget depends on their positions, but each evicted entry was
// used less recently than all that stay.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "reference_caches.h"
#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

struct Kept {
  uint64_t version;
  uint64_t bytes;
};

struct BytesCase {
  uint64_t maxBytes;
  uint64_t keys;
  uint64_t largestValue;
  uint64_t steps;

  friend void PrintTo(const BytesCase& each, std::ostream* out) {
    *out << each.maxBytes << " bytes, values below " << each.largestValue;
  }
};

class StoreLruByBytes : public ::testing::TestWithParam<BytesCase> {
 protected:
  StoreLruByBytes() {
    options_.maxBytes = GetParam().maxBytes;
    store_ = Store::open(options_, testEnvironment(memory_));
    for (uint64_t i = 0; i < GetParam().keys; ++i) keys_.push_back(keyOf(i));
  }

  uint64_t evictions() const { return store_->stats().evictions; }

  /// Returns half of the bytes that the tables of a small store leave.
  uint64_t surelyFits() const {
    constexpr uint64_t kTables = 24 * kKiB;
    const uint64_t budget = store_->budgetBytes();
    return budget > kTables ? (budget - kTables) / 2 : 0;
  }

  void put(uint64_t id, uint64_t version) {
    const uint64_t bytes = 8 + random_.skewedBelow(GetParam().largestValue);
    VersionedValue(id, version).write(value_, bytes);
    const uint64_t before = evictions();
    const PutResult result = store_->put(keys_[id], value_);
    if (result == PutResult::kTooLarge) {
      ASSERT_GT(bytes, surelyFits()) << "it would fit";
      ASSERT_EQ(evictions(), before) << "nothing is evicted for what cannot fit";
      return;
    }
    ASSERT_EQ(result, PutResult::kStored);
    forgetOldest(evictions() - before);
    order_.put(id, {version, bytes});
  }

  /// Checks that as many of the oldest entries as the store reports were evicted, and that the next
  /// one is there.
  void forgetOldest(uint64_t count) {
    ASSERT_LE(count, order_.size());
    for (uint64_t i = 0; i < count; ++i) gone_ = order_.removeOldest().first;
    if (count == 0) return;
    ASSERT_TRUE(order_.size() == 0 || store_->has(keys_[order_.items().front().first]));
  }

  void get(uint64_t id) {
    const Kept* const kept = order_.find(id);
    ASSERT_EQ(reader_.get(*store_, keys_[id]), kept != nullptr) << keys_[id];
    if (kept == nullptr) return;
    ASSERT_EQ(reader_.value().size(), kept->bytes) << keys_[id];
    ASSERT_TRUE(VersionedValue(id, kept->version).matches(reader_.value())) << keys_[id];
    order_.use(id);
  }

  /// Smaller slabs may have no room for the largest entries; the others are evicted oldest first.
  void resize(uint64_t maxBytes) {
    const uint64_t before = evictions();
    ASSERT_TRUE(store_->resize(maxBytes));
    std::vector<uint64_t> gone;
    bool someStay = false;
    for (const auto& [id, kept] : order_.items()) {
      if (store_->has(keys_[id])) {
        someStay = true;
        continue;
      }
      ASSERT_TRUE(!someStay || kept.bytes > surelyFits())
          << keys_[id] << " went before an older one";
      gone.push_back(id);
    }
    ASSERT_EQ(evictions() - before, gone.size());
    for (const uint64_t id : gone) order_.remove(id);
  }

  void check() {
    ASSERT_EQ(store_->stats().entries, order_.size());
    uint64_t payload = 0;
    for (const auto& [id, kept] : order_.items()) {
      ASSERT_TRUE(reader_.peek(*store_, keys_[id])) << keys_[id];
      ASSERT_TRUE(VersionedValue(id, kept.version).matches(reader_.value())) << keys_[id];
      payload += keys_[id].size() + kept.bytes;
    }
    ASSERT_EQ(store_->stats().payloadBytes, payload);
  }

  void upkeep() {
    const uint64_t before = evictions();
    switch (random_.below(8)) {
      case 0:
        store_->clear();
        order_.clear();
        break;
      case 1:
      case 2:
        store_->shrink(random_.below(options_.maxBytes / 2));
        forgetOldest(evictions() - before);
        break;
      case 3:
      case 4:
        setPressureBudget(*store_,
                          random_.oneIn(2) ? UINT64_MAX : random_.below(options_.maxBytes));
        forgetOldest(evictions() - before);
        break;
      case 5:
        store_->maintain();
        break;
      default:
        resize(std::max(kMinBudgetBytes, options_.maxBytes * 2 >> random_.below(8)));
    }
  }

  TestMemory memory_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  std::vector<std::string> keys_;
  RecencyOrder<Kept> order_;
  SeededRandom random_{GetParam().maxBytes};
  ValueReader reader_;
  std::string value_;
  uint64_t gone_ = 0;
};

TEST_P(StoreLruByBytes, EvictsInTheOrderOfUse) {
  for (uint64_t step = 1; step <= scaled(GetParam().steps); ++step) {
    const uint64_t id = random_.below(keys_.size());
    const uint64_t kind = random_.below(100);
    if (kind < 50) {
      put(id, step);
    } else if (kind < 90) {
      get(id);
    } else if (kind < 95) {
      ASSERT_EQ(store_->remove(keys_[id]), order_.remove(id)) << step;
    } else {
      ASSERT_FALSE(order_.find(gone_) == nullptr && store_->has(keys_[gone_])) << step;
    }
    if (step % 3000 == 0) upkeep();
    if (step % 10000 == 0) check();
    ASSERT_FALSE(HasFatalFailure()) << "in step " << step;
    ASSERT_EQ(store_->stats().entries, order_.size()) << step;
    ASSERT_LE(memory_.mapped, store_->budgetBytes()) << step;
    ASSERT_EQ(memory_.mapped, store_->heldBytes()) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, StoreLruByBytes,
                         ::testing::Values(BytesCase{64 * kKiB, 500, 2000, 150000},
                                           BytesCase{64 * kKiB, 500, 70000, 50000},
                                           BytesCase{kMiB, 5000, 1200, 300000},
                                           BytesCase{kMiB, 2000, 400 * kKiB, 30000},
                                           BytesCase{64 * kMiB, 200000, 2000, 250000},
                                           BytesCase{64 * kMiB, 500, 9 * kMiB, 800}));

}  // namespace
}  // namespace ebbcache::test
