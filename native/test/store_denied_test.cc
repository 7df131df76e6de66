// Stores that may not grow, because the environment denies it or because the system refuses memory:
// they work within what they hold, and lose no more entries than do not fit.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kEntryBytes = 600;

std::string valueOf(uint64_t id) {
  return std::string(kEntryBytes - id % 100, static_cast<char>('a' + id % 26));
}

/// Refuses requests that would pass a bound.
class BoundedMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    if (mapped + bytes > bound) return nullptr;
    mapped += bytes;
    return osMemory().map(bytes);
  }
  void unmap(void* memory, size_t bytes) override {
    mapped -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }

  std::atomic<uint64_t> mapped{0};
  std::atomic<uint64_t> bound{UINT64_MAX};
};

class StoreDenied : public ::testing::Test {
 protected:
  void open(uint64_t maxBytes, Policy policy = Policy::kLru) {
    StoreOptions options;
    options.maxBytes = maxBytes;
    options.policy = policy;
    StoreEnvironment environment;
    environment.memory = &memory_;
    environment.mayGrow = [this](uint64_t) { return mayGrow_; };
    store_ = Store::open(options, environment);
  }
  /// Puts entries until some were evicted.
  void fill() {
    for (; store_->stats().evictions < 100; ++next_) put(next_);
  }
  void put(uint64_t id) { ASSERT_EQ(store_->put(keyOf(id), valueOf(id)), PutResult::kStored); }
  /// Returns how many of the newest entries are there without a gap.
  uint64_t newestKept() const {
    uint64_t id = next_;
    while (id > 0 && store_->has(keyOf(id - 1))) --id;
    return next_ - id;
  }

  BoundedMemory memory_;
  bool mayGrow_ = true;
  std::unique_ptr<Store> store_;
  uint64_t next_ = 0;
};

class StoreDeniedResize : public StoreDenied,
                          public testing::WithParamInterface<std::pair<uint64_t, uint64_t>> {};

TEST_P(StoreDeniedResize, KeepsTheNewestThatFit) {
  const auto [from, to] = GetParam();
  open(to);
  fill();
  const uint64_t fits = store_->stats().entries;
  open(from);
  next_ = 0;
  fill();
  const uint64_t before = store_->stats().entries;
  const uint64_t heldBefore = store_->heldBytes();

  mayGrow_ = false;
  ASSERT_TRUE(store_->resize(to));
  const StoreStats stats = store_->stats();
  EXPECT_EQ(stats.maxBytes, to);
  EXPECT_LE(stats.heldBytes, std::min(heldBefore + heldBefore / 16, to));
  EXPECT_GE(static_cast<double>(stats.entries), 0.95 * static_cast<double>(std::min(before, fits)));
  EXPECT_EQ(newestKept(), stats.entries);
  EXPECT_EQ(store_->checkIntegrity(), "");
  // The store goes on within what it holds.
  for (uint64_t i = 0; i < 5000; ++i, ++next_) put(next_);
  EXPECT_LE(store_->heldBytes(), std::max(stats.heldBytes, heldBefore));
  EXPECT_GE(static_cast<double>(store_->stats().entries),
            0.85 * static_cast<double>(std::min(before, fits)));
  for (uint64_t id = next_ - newestKept(); id < next_; ++id) {
    ASSERT_EQ(getString(*store_, keyOf(id)), valueOf(id));
  }
  // It grows again once it may.
  mayGrow_ = true;
  for (uint64_t i = 0; i < 3 * fits; ++i, ++next_) put(next_);
  EXPECT_GE(static_cast<double>(store_->stats().entries), 0.9 * static_cast<double>(fits));
  EXPECT_EQ(store_->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, StoreDeniedResize,
    ::testing::Values(std::pair{256 * kMiB, 16 * kMiB}, std::pair{16 * kMiB, 256 * kMiB},
                      std::pair{8 * kMiB, 256 * kMiB}, std::pair{64 * kMiB, 8 * kMiB},
                      std::pair{300 * kMiB, 64 * kMiB}, std::pair{kMiB, 64 * kMiB},
                      std::pair{64 * kMiB, kMiB}, std::pair{kMiB, 64 * kKiB}));

TEST_F(StoreDenied, KeepsTheSameShareOfItsEntriesByS3Fifo) {
  open(64 * kMiB, Policy::kS3Fifo);
  fill();
  mayGrow_ = false;
  ASSERT_TRUE(store_->resize(8 * kMiB));
  EXPECT_GE(store_->stats().entries, 8 * kMiB * 9 / 10 / (kEntryBytes + 30));
  put(next_);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

class StoreRefused : public StoreDenied, public testing::WithParamInterface<Policy> {};

TEST_P(StoreRefused, PutsSmallValuesWithinWhatItHolds) {
  open(64 * kMiB, GetParam());
  memory_.bound = 40 * kMiB;
  SeededRandom random(1);
  for (; next_ < 200'000; ++next_) {
    ASSERT_EQ(store_->put(keyOf(random.below(100'000)), valueOf(next_)), PutResult::kStored);
  }
  const StoreStats stats = store_->stats();
  // The store is as full as one that is full by its budget.
  EXPECT_GE(static_cast<double>(stats.payloadBytes), 0.85 * 40 * static_cast<double>(kMiB));
  // The system is asked again occasionally, not with each put.
  EXPECT_LE(stats.memoryRefusals, 500U);
  memory_.bound = UINT64_MAX;
  for (; next_ < 400'000; ++next_) put(next_);
  EXPECT_GE(static_cast<double>(store_->stats().payloadBytes),
            0.85 * 64 * static_cast<double>(kMiB));
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreRefused, PutsEachLargeValueThatFitsWhatItHolds) {
  open(64 * kMiB, GetParam());
  memory_.bound = 40 * kMiB;
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(store_->put(keyOf(i), std::string(200 * kKiB, 'v')), PutResult::kStored) << i;
    ASSERT_EQ(store_->put(keyOf(0), std::string(300 * kKiB, 'w')), PutResult::kStored) << i;
  }
  EXPECT_GE(store_->stats().entries, 40 * kMiB * 9 / 10 / (200 * kKiB));
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreRefused, PutsLargeValuesInPlaceOfSmallOnesAndBack) {
  open(64 * kMiB, GetParam());
  memory_.bound = 40 * kMiB;
  for (uint64_t turn = 0; turn < 5; ++turn) {
    for (uint64_t i = 0; i < 60'000; ++i, ++next_) put(next_);
    for (uint64_t i = 0; i < 500; ++i) {
      ASSERT_EQ(store_->put(keyOf(i), std::string(300 * kKiB, 'v')), PutResult::kStored) << i;
    }
    ASSERT_EQ(store_->put("larger", std::string(20 * kMiB, 'v')), PutResult::kStored);
  }
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreRefused, EvictsNothingForAValueLargerThanItHolds) {
  open(64 * kMiB, GetParam());
  for (uint64_t i = 0; i < 1000; ++i, ++next_) put(next_);
  memory_.bound = 0;
  EXPECT_EQ(store_->put("large", std::string(8 * kMiB, 'v')), PutResult::kNoMemory);
  EXPECT_EQ(store_->stats().entries, 1000U);
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreRefused, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
