// The check of a store's integrity finds damage.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "store/store.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

/// Gives access to its mappings, so that a test can damage them.
class OpenMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    void* const memory = osMemory().map(bytes);
    if (memory != nullptr) mapped_[static_cast<char*>(memory)] = bytes;
    return memory;
  }
  void unmap(void* memory, size_t bytes) override {
    mapped_.erase(static_cast<char*>(memory));
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }

  /// Returns the place of these bytes; null where there is none.
  char* find(std::string_view bytes) const {
    for (const auto& [start, size] : mapped_) {
      const size_t at = std::string_view(start, size).find(bytes);
      if (at != std::string_view::npos) return start + at;
    }
    return nullptr;
  }

 private:
  std::map<char*, size_t> mapped_;
};

class StoreIntegrity : public ::testing::TestWithParam<Policy> {
 protected:
  StoreIntegrity() {
    StoreOptions options;
    options.maxBytes = kMiB;
    options.policy = GetParam();
    StoreEnvironment environment;
    environment.memory = &memory_;
    store_ = Store::open(options, environment);
    for (uint64_t i = 0; i < 300; ++i) store_->put(keyOf(i), std::string(200, 'v'));
    store_->put("the one that is damaged", "a value");
    for (uint64_t i = 300; i < 600; ++i) store_->put(keyOf(i), std::string(200, 'v'));
    store_->put("large", std::string(100 * kKiB, 'v'));
    // The key lies behind its entry's header of 12 bytes.
    key_ = memory_.find("the one that is damaged");
  }

  /// Adds one to a byte while the store is checked, and then restores it, so that the store is
  /// destroyed whole.
  std::string faultWithDamageAt(char* byte) {
    ++*byte;
    std::string fault = store_->checkIntegrity();
    --*byte;
    return fault;
  }

  OpenMemory memory_;
  std::unique_ptr<Store> store_;
  char* key_ = nullptr;
};

TEST_P(StoreIntegrity, FindsNothingInAWholeStore) {
  EXPECT_EQ(store_->checkIntegrity(), "");
  store_->remove("large");
  store_->shrink(300 * kKiB);
  EXPECT_EQ(store_->checkIntegrity(), "");
  store_->clear();
  EXPECT_EQ(store_->checkIntegrity(), "");
}

TEST_P(StoreIntegrity, FindsAKeyOfAnotherBucket) {
  ASSERT_NE(key_, nullptr);
  // One in some thousand other keys has the same bucket and tag, so hardly any of these eight has.
  int found = 0;
  for (int i = 0; i < 8; ++i) found += faultWithDamageAt(key_ + i).empty() ? 0 : 1;
  EXPECT_GE(found, 6);
}

TEST_P(StoreIntegrity, FindsALinkToAnotherEntry) {
  ASSERT_NE(key_, nullptr);
  EXPECT_NE(faultWithDamageAt(key_ - 12), "");
  EXPECT_NE(faultWithDamageAt(key_ - 8), "");
}

TEST_P(StoreIntegrity, FindsAnEntryOfAnotherLength) {
  ASSERT_NE(key_, nullptr);
  EXPECT_NE(faultWithDamageAt(key_ - 4), "");
}

TEST_P(StoreIntegrity, FindsAnEntryThatDied) {
  ASSERT_NE(key_, nullptr);
  char* const state = key_ - 1;
  *state = static_cast<char>(*state ^ Entry::kLive);
  EXPECT_NE(store_->checkIntegrity(), "");
  *state = static_cast<char>(*state ^ Entry::kLive);
  EXPECT_EQ(store_->checkIntegrity(), "");
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreIntegrity,
                         ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
