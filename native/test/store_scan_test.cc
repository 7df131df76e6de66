// Scans of a store that changes while they run.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

/// All entries of these tests fit 16 MiB: none is evicted.
class StoreScan : public ::testing::TestWithParam<Policy> {
 protected:
  static constexpr uint64_t kStable = 3000;

  StoreScan() {
    for (uint64_t i = 0; i < kStable; ++i) store_->put(keyOf(i), "stable");
  }

  /// Does one of the operations that move entries or change the index.
  void disturb() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        for (uint64_t i = random_.below(60); i > 0; --i) store_->put(keyOf(next_++), "passing");
        break;
      case 3:
      case 4:
      case 5:
        for (uint64_t i = random_.below(60); i > 0 && next_ > kStable; --i) {
          store_->remove(keyOf(--next_));
        }
        break;
      case 6:
        // All temporary entries are removed, and the tables shrink.
        while (next_ > kStable) store_->remove(keyOf(--next_));
        break;
      case 7:
        store_->put(keyOf(random_.below(kStable)), std::string(random_.below(900), 'o'));
        break;
      case 8:
        if (random_.oneIn(20)) store_->resize(16 * kMiB << random_.below(4));
        break;
      case 9:
        if (random_.oneIn(20)) store_->maintain();
        break;
      default:
        getString(*store_, keyOf(random_.below(kStable)));
    }
  }

  std::unique_ptr<Store> store_ = openStore(64 * kMiB, GetParam());
  SeededRandom random_{kStable};
  uint64_t next_ = kStable;
};

TEST_P(StoreScan, VisitsWhatStaysExactlyOnceWhateverElseChanges) {
  for (uint64_t round = 0; round < scaled(60); ++round) {
    std::unordered_map<std::string, int> visits;
    uint64_t cursor = 0;
    uint64_t calls = 0;
    do {
      cursor = store_->scan(cursor, [&](std::string_view key) { ++visits[std::string(key)]; });
      if (round % 2 == 0 || calls % 64 == 0) disturb();
      ASSERT_LT(++calls, 10000000U) << "it never ends";
    } while (cursor != 0);
    for (uint64_t i = 0; i < kStable; ++i) ASSERT_EQ(visits[keyOf(i)], 1) << keyOf(i);
  }
  EXPECT_EQ(store_->stats().evictions, 0U);
}

TEST_P(StoreScan, VisitsAllAndNothingElseAtRest) {
  while (next_ < 50000) store_->put(keyOf(next_++), "more");
  for (uint64_t i = 0; i < next_; i += 3) store_->remove(keyOf(i));
  std::unordered_map<std::string, int> visits;
  uint64_t cursor = 0;
  do {
    cursor = store_->scan(cursor, [&](std::string_view key) { ++visits[std::string(key)]; });
  } while (cursor != 0);
  EXPECT_EQ(visits.size(), store_->stats().entries);
  for (const auto& [key, times] : visits) {
    ASSERT_EQ(times, 1) << key;
    ASSERT_TRUE(store_->has(key));
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreScan, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
