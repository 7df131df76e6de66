// All operations with entries of all sizes: whatever is evicted when, a value that is read is the
// last one put, the budget holds, and the counts agree with the entries that are there.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

/// Returns 256 keys of one byte, some of the maximum length, and others of all lengths in between.
std::vector<std::string> keysOfAllLengths(uint64_t count) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < count; ++i) {
    if (i < 256) {
      keys.emplace_back(1, static_cast<char>(i));
      continue;
    }
    std::string key = keyOf(i);
    if (i % 256 == 0) key.resize(kMaxKeyBytes, 'k');
    if (i % 64 == 1) key.resize(key.size() + mix(i) % 3000, 'k');
    keys.push_back(std::move(key));
  }
  return keys;
}

struct LastPut {
  uint64_t version;
  uint64_t bytes;
  uint64_t expiry;
};

class StoreChurn : public ::testing::TestWithParam<std::tuple<Policy, uint64_t>> {
 protected:
  StoreChurn()
      : maxBytes_(std::get<1>(GetParam())),
        keys_(keysOfAllLengths(std::clamp<uint64_t>(maxBytes_ / 256, 600, 60000))),
        random_(maxBytes_) {
    StoreOptions options;
    options.maxBytes = maxBytes_;
    options.policy = std::get<0>(GetParam());
    StoreEnvironment environment = testEnvironment(memory_);
    environment.mayGrow = [this](uint64_t) { return mayGrow_; };
    store_ = Store::open(options, environment);
    for (uint64_t id = 0; id < keys_.size(); ++id) ids_[keys_[id]] = id;
  }

  uint64_t someBytes() {
    const uint64_t kind = random_.below(2000);
    if (kind < 1) return random_.below(std::min<uint64_t>(maxBytes_, 6 * kMiB));
    if (kind < 20) return random_.below(60000);
    return kind < 100 ? 0 : random_.below(1200);
  }

  void put(uint64_t id, uint64_t version) {
    const uint64_t bytes = someBytes();
    PutOptions options;
    options.ttlMs = random_.oneIn(3) ? 1 + random_.below(30000) : 0;
    VersionedValue(id, version).write(value_, bytes);
    const PutResult result = store_->put(keys_[id], value_, options);
    if (result == PutResult::kStored) {
      last_[id] = {version, bytes, options.ttlMs == 0 ? kNeverExpires : fakeNow() + options.ttlMs};
      ASSERT_TRUE(store_->has(keys_[id]));
    } else if (result == PutResult::kTooLarge) {
      ASSERT_LT(store_->budgetBytes(), 2 * (bytes + keys_[id].size()) + 24 * kKiB);
    } else {
      ASSERT_FALSE(mayGrow_) << "the system refused nothing";
    }
  }

  void check(uint64_t id, bool found) {
    if (!found) return;
    const auto last = last_.find(id);
    ASSERT_TRUE(last != last_.end()) << "never put, or removed since";
    ASSERT_GT(last->second.expiry, fakeNow());
    ASSERT_EQ(reader_.value().size(), last->second.bytes);
    ASSERT_TRUE(VersionedValue(id, last->second.version).matches(reader_.value()));
  }

  void upkeep() {
    switch (random_.below(12)) {
      case 0:
        store_->clear();
        last_.clear();
        break;
      case 1:
      case 2:
        store_->shrink(random_.below(maxBytes_));
        break;
      case 3:
      case 4:
      case 5:
        setPressureBudget(*store_, random_.oneIn(2) ? UINT64_MAX : random_.below(maxBytes_));
        break;
      case 6:
      case 7:
        ASSERT_TRUE(store_->resize(std::max(kMinBudgetBytes, maxBytes_ * 2 >> random_.below(8))));
        break;
      case 8:
        mayGrow_ = !mayGrow_;
        break;
      default:
        mayGrow_ = true;
        fakeNow() += random_.below(3000);
        store_->maintain();
    }
  }

  /// Checks that scan and peek find what the counts say, once no expired entry is left.
  void checkAll() {
    fakeNow() += 1000;
    maintainToTheEnd(*store_);
    std::vector<uint64_t> seen;
    uint64_t cursor = 0;
    do {
      cursor = store_->scan(cursor, [&](std::string_view key) {
        const auto id = ids_.find(std::string(key));
        ASSERT_TRUE(id != ids_.end());
        seen.push_back(id->second);
      });
    } while (cursor != 0);
    uint64_t payload = 0;
    for (const uint64_t id : seen) {
      ASSERT_TRUE(reader_.peek(*store_, keys_[id]));
      check(id, true);
      payload += keys_[id].size() + reader_.value().size();
    }
    std::sort(seen.begin(), seen.end());
    ASSERT_TRUE(std::adjacent_find(seen.begin(), seen.end()) == seen.end()) << "visited twice";
    ASSERT_EQ(store_->stats().entries, seen.size());
    ASSERT_EQ(store_->stats().payloadBytes, payload);
    ASSERT_EQ(store_->checkIntegrity(), "");
  }

  uint64_t maxBytes_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, uint64_t> ids_;
  SeededRandom random_;
  TestMemory memory_;
  bool mayGrow_ = true;
  std::unique_ptr<Store> store_;
  std::unordered_map<uint64_t, LastPut> last_;
  ValueReader reader_;
  std::string value_;
};

TEST_P(StoreChurn, NeverReturnsAWrongValue) {
  const uint64_t steps = scaled(240000);
  for (uint64_t step = 1; step <= steps; ++step) {
    const uint64_t id = random_.skewedBelow(keys_.size());
    const uint64_t kind = random_.below(100);
    if (kind < 45) {
      put(id, step);
    } else if (kind < 80) {
      check(id, reader_.get(*store_, keys_[id]));
    } else if (kind < 90) {
      check(id, reader_.peek(*store_, keys_[id]));
    } else if (kind < 95) {
      store_->remove(keys_[id]);
      last_.erase(id);
      ASSERT_FALSE(store_->has(keys_[id]));
    } else if (kind < 97) {
      fakeNow() += random_.below(5);
    } else if (random_.oneIn(40)) {
      upkeep();
    }
    if (step % 2000 == 0) checkAll();
    ASSERT_FALSE(HasFatalFailure()) << "in step " << step;
    const StoreStats stats = store_->stats();
    ASSERT_LE(stats.heldBytes, stats.budgetBytes) << step;
    ASSERT_EQ(stats.heldBytes, memory_.mapped) << step;
    ASSERT_LE(stats.budgetBytes, stats.maxBytes) << step;
  }
  EXPECT_GT(store_->stats().hits, steps / 500);
  EXPECT_GT(store_->stats().expirations, steps / 20000);
  EXPECT_EQ(store_->stats().memoryRefusals, 0U);
  store_.reset();
  EXPECT_EQ(memory_.mapped, 0U);
}

INSTANTIATE_TEST_SUITE_P(Budgets, StoreChurn,
                         ::testing::Combine(::testing::Values(Policy::kLru, Policy::kS3Fifo),
                                            ::testing::Values(64 * kKiB, kMiB, 64 * kMiB)));

}  // namespace
}  // namespace ebbcache::test
