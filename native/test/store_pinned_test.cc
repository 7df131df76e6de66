// Large values while a reader uses one: nobody waits for the reader, and its bytes stay unchanged
// until it has left.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "heap_faults.h"
#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kValueBytes = 4 * kMiB;

class StorePinned : public ::testing::TestWithParam<Policy> {
 protected:
  void SetUp() override {
    StoreOptions options;
    options.maxBytes = 64 * kMiB;
    options.policy = GetParam();
    store_ = Store::open(options, testEnvironment(memory_));
    ASSERT_EQ(store_->put("large", std::string(kValueBytes, 'a')), PutResult::kStored);
    for (uint64_t i = 0; i < kSmall; ++i) store_->put(keyOf(i), "small");
  }

  /// Calls `work` on another thread while this one reads the large value, and returns when both are
  /// done. The reader does not leave before `work` is done.
  void whileRead(const std::function<void()>& work) {
    const ReadResult result = store_->view("large", [&](std::string_view value) {
      TestThread(work).join();
      EXPECT_EQ(value, std::string(kValueBytes, 'a'));
    });
    EXPECT_EQ(result, ReadResult::kHit);
  }

  static constexpr uint64_t kSmall = 1000;
  TestMemory memory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StorePinned, LeavesAllOtherKeysToOthers) {
  whileRead([&] {
    for (uint64_t i = 0; i < kSmall; ++i) {
      ASSERT_EQ(getString(*store_, keyOf(i)), "small");
      ASSERT_EQ(store_->put(keyOf(i), "other"), PutResult::kStored);
      ASSERT_EQ(store_->remove(keyOf(i)), true);
    }
    store_->maintain();
    uint64_t cursor = 0;
    do {
      cursor = store_->scan(cursor, [](std::string_view) {});
    } while (cursor != 0);
    EXPECT_EQ(store_->stats().entries, 1U);
  });
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, IsReadByMoreThanOne) {
  whileRead([&] { EXPECT_EQ(getString(*store_, "large")->size(), kValueBytes); });
  EXPECT_EQ(store_->stats().hits, 2U);
}

TEST_P(StorePinned, MayBeReplaced) {
  whileRead([&] {
    ASSERT_EQ(store_->put("large", std::string(kValueBytes, 'b')), PutResult::kStored);
    EXPECT_EQ(getString(*store_, "large"), std::string(kValueBytes, 'b'));
    // Both values are held until the reader has left.
    EXPECT_GE(memory_.mapped, 2 * kValueBytes);
    EXPECT_EQ(store_->heldBytes(), memory_.mapped);
  });
  EXPECT_LT(memory_.mapped, 2 * kValueBytes);
  EXPECT_EQ(store_->heldBytes(), memory_.mapped);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, MayBeRemovedOrCleared) {
  whileRead([&] {
    EXPECT_TRUE(store_->remove("large"));
    EXPECT_FALSE(store_->has("large"));
  });
  EXPECT_LT(memory_.mapped, kValueBytes);
  ASSERT_EQ(store_->put("large", std::string(kValueBytes, 'a')), PutResult::kStored);
  whileRead([&] { store_->clear(); });
  EXPECT_LT(memory_.mapped, kValueBytes);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, MayMoveToAnotherArena) {
  whileRead([&] {
    ASSERT_TRUE(store_->resize(16 * kMiB));
    EXPECT_EQ(store_->checkIntegrity(), "");
    EXPECT_TRUE(store_->has("large"));
    ASSERT_TRUE(store_->resize(1024 * kMiB));
    EXPECT_EQ(getString(*store_, "large"), std::string(kValueBytes, 'a'));
    EXPECT_EQ(store_->stats().entries, kSmall + 1);
  });
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, IsEvictedForAPutThatNeedsItsRoom) {
  // No other entry can free as much: the put waits for the reader, and the rest of the store does
  // not.
  const std::string huge(62 * kMiB, 'h');
  TestThread writer;
  store_->view("large", [&](std::string_view value) {
    writer = TestThread([&] { EXPECT_EQ(store_->put("huge", huge), PutResult::kStored); });
    while (store_->has("large")) std::this_thread::yield();
    EXPECT_FALSE(store_->has("huge"));
    EXPECT_EQ(value, std::string(kValueBytes, 'a'));
  });
  writer.join();
  EXPECT_EQ(getString(*store_, "huge"), huge);
  EXPECT_LE(memory_.mapped, 64 * kMiB);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, IsBackWithTheSystemWhenAShrinkReturns) {
  TestThread shrinker;
  store_->view("large", [&](std::string_view value) {
    shrinker = TestThread([&] {
      setPressureBudget(*store_, 3 * kMiB);
      EXPECT_LE(memory_.mapped, 3 * kMiB);
    });
    while (store_->has("large")) std::this_thread::yield();
    // The held bytes never pass the budget, also while it falls.
    const StoreStats stats = store_->stats();
    EXPECT_LE(stats.heldBytes, stats.budgetBytes);
    EXPECT_EQ(value, std::string(kValueBytes, 'a'));
  });
  shrinker.join();
  EXPECT_EQ(store_->budgetBytes(), 3 * kMiB);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StorePinned, EndsWithAReaderThatThrows) {
  EXPECT_THROW(store_->view("large", [](std::string_view) { throw 1; }), int);
  EXPECT_TRUE(store_->remove("large"));
  EXPECT_LT(memory_.mapped, kValueBytes);
}

INSTANTIATE_TEST_SUITE_P(Policies, StorePinned, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
