// The removals from memory that are reported where a disk tier lies behind it, and the remaining
// time of an entry in either.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "fake_disk_store.h"
#include "removals_fixture.h"
#include "store_fixture.h"
#include "tiers/tiered_store.h"

namespace ebbcache::test {
namespace {

class TieredRemovals : public ::testing::Test {
 protected:
  TieredRemovals() {
    StoreOptions options;
    options.maxBytes = kMiB;
    options.stamped = true;
    memory_ = Store::open(options, testEnvironment(pages_));
    store_ = std::make_unique<TieredStore>(*memory_, disk_, TieredStoreOptions{});
    listener_ = std::make_unique<RemovalListener>(*memory_);
  }

  void expectRemoved(std::string_view key, RemovalReason reason) {
    EXPECT_EQ(listener_->heard(), (Noted{{std::string(key), reason}}));
  }

  TestMemory pages_;
  std::unique_ptr<Store> memory_;
  const std::shared_ptr<FakeDiskStore> disk_ = std::make_shared<FakeDiskStore>();
  std::unique_ptr<TieredStore> store_;
  std::unique_ptr<RemovalListener> listener_;
};

TEST_F(TieredRemovals, AreToldByTheOwnReasons) {
  store_->put("a", "one");
  store_->put("a", "two");
  expectRemoved("a", kReplace);
  EXPECT_TRUE(store_->remove("a"));
  expectRemoved("a", kDelete);
  store_->put("a", "one");
  store_->clear();
  expectRemoved("a", kClear);
  // The value is promoted: nothing is removed.
  disk_->putByOther("a", "two");
  EXPECT_EQ(getString(*store_, "a"), "two");
  EXPECT_EQ(listener_->heard(), Noted{});
}

TEST_F(TieredRemovals, AreToldWhatOthersDidOnDisk) {
  store_->put("replaced", "one");
  disk_->putByOther("replaced", "two");
  EXPECT_EQ(getString(*store_, "replaced"), "two");
  expectRemoved("replaced", kReplace);
  store_->put("deleted", "one");
  disk_->removeByOther("deleted");
  EXPECT_EQ(getString(*store_, "deleted"), std::nullopt);
  expectRemoved("deleted", kDelete);
  // The same holds for a view, which asks before it reads.
  store_->put("viewed", "one");
  disk_->removeByOther("viewed");
  EXPECT_EQ(store_->view("viewed", [](std::string_view) {}), ReadResult::kMiss);
  expectRemoved("viewed", kDelete);
}

TEST_F(TieredRemovals, AreToldOfAValueThatOnlyTheDiskTook) {
  store_->put("a", "one");
  // The budget is far below a value of that size.
  (void)setPressureBudget(*memory_, memory_->minBudget());
  (void)listener_->heard();
  store_->put("b", "one");
  const std::string large(200 * kKiB, 'v');
  ASSERT_GT(large.size(), memory_->largestValue());
  EXPECT_EQ(store_->put("b", large), PutResult::kStored);
  expectRemoved("b", kReplace);
}

TEST_F(TieredRemovals, GiveTheTimeThatIsLeftInMemoryOrOnDisk) {
  PutOptions options;
  options.ttlMs = 500;
  store_->put("a", "one", options);
  store_->put("forever", "two");
  fakeNow() += 100;
  EXPECT_EQ(store_->remainingTtl("a"), 400U);
  EXPECT_EQ(store_->remainingTtl("forever"), kNeverExpires);
  memory_->clear();
  fakeNow() += 100;
  EXPECT_EQ(store_->remainingTtl("a"), 300U);
  EXPECT_EQ(store_->remainingTtl("forever"), kNeverExpires);
  // Nothing was promoted, and a value in memory that is not current does not count.
  EXPECT_EQ(memory_->stats().entries, 0U);
  store_->put("a", "one");
  disk_->removeByOther("a");
  EXPECT_EQ(store_->remainingTtl("a"), std::nullopt);
  EXPECT_EQ(store_->remainingTtl("none"), std::nullopt);
  EXPECT_EQ(disk_->countedReads, 0U);
}

}  // namespace
}  // namespace ebbcache::test
