// Stores of a runtime with disk tiers: one tier for each folder and kind.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "file_tree.h"
#include "heap_faults.h"
#include "runtime/runtime.h"
#include "seeded_random.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

class RuntimeDisk : public ::testing::Test {
 protected:
  SharedStoreOptions optionsOf(const std::string& name, const std::string& dir) const {
    SharedStoreOptions options;
    options.store.maxBytes = kMiB;
    options.name = name;
    options.ebb = false;
    if (!dir.empty()) options.disk.tier.dir = files_.path(dir);
    options.disk.tier.maxBytes = 16 * kMiB;
    return options;
  }

  StoreHandle open(const SharedStoreOptions& options) const {
    OpenError error;
    StoreHandle handle = runtime_->open(options, error);
    EXPECT_TRUE(handle) << error.sentence;
    return handle;
  }
  OpenError::Kind errorOf(const SharedStoreOptions& options) const {
    OpenError error;
    EXPECT_FALSE(runtime_->open(options, error));
    EXPECT_NE(error.sentence, "");
    return error.kind;
  }

  const FileTree files_;
  const std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>();
};

TEST_F(RuntimeDisk, IsNotThereWithoutAFolder) {
  const StoreHandle handle = open(optionsOf("a", ""));
  EXPECT_EQ(handle.disk(), nullptr);
  handle->put("a", "one");
  // The values of such a store have no stamps.
  EXPECT_EQ(handle.memory().stats().payloadBytes, 4U);
}

TEST_F(RuntimeDisk, IsSharedByStoresOfOneFolder) {
  const StoreHandle one = open(optionsOf("one", "disk"));
  const StoreHandle two = open(optionsOf("two", "./disk/x/../"));
  const StoreHandle same = open(optionsOf("one", "disk"));
  EXPECT_NE(one.disk(), nullptr);
  EXPECT_EQ(one.disk(), two.disk());
  EXPECT_EQ(&*one, &*same);
  const StoreHandle other = open(optionsOf("other", "disk-other"));
  EXPECT_NE(other.disk(), one.disk());
  one->put("a", "one");
  EXPECT_EQ(getString(*two, "a"), "one");
  EXPECT_EQ(getString(*other, "a"), std::nullopt);
  two->put("a", "two");
  EXPECT_EQ(getString(*one, "a"), "two");
}

TEST_F(RuntimeDisk, IsAnotherForRecords) {
  SharedStoreOptions records = optionsOf("records", "disk");
  records.disk.tier.kind = RingKind::kRecords;
  const StoreHandle values = open(optionsOf("values", "disk"));
  EXPECT_NE(open(records).disk(), values.disk());
}

TEST_F(RuntimeDisk, TakesTheBudgetOfWhoOpensItLast) {
  const StoreHandle one = open(optionsOf("one", "disk"));
  SharedStoreOptions larger = optionsOf("two", "disk");
  larger.disk.tier.maxBytes = 32 * kMiB;
  const StoreHandle two = open(larger);
  EXPECT_EQ(one.disk()->stats().maxBytes, 32 * kMiB);
}

TEST_F(RuntimeDisk, IsWrittenWhenTheLastStoreCloses) {
  for (const char* name : {"one", "two"}) {
    StoreHandle handle = open(optionsOf(name, "disk"));
    EXPECT_EQ(getString(*handle, "a").has_value(), name == std::string("two"));
    handle->put("a", "one");
  }
  const StoreHandle without = open(optionsOf("one", ""));
  EXPECT_FALSE(without->has("a"));
}

TEST_F(RuntimeDisk, OutlivesTheStoreThatOpenedIt) {
  StoreHandle one = open(optionsOf("one", "disk"));
  const StoreHandle two = open(optionsOf("two", "disk"));
  one->put("a", "one");
  one.close();
  EXPECT_EQ(getString(*two, "a"), "one");
  EXPECT_EQ(open(optionsOf("one", "disk")).disk(), two.disk());
}

TEST_F(RuntimeDisk, IsComparedWhereANameIsOpenedAgain) {
  const StoreHandle one = open(optionsOf("one", "disk"));
  const auto differs = [&](void (*change)(SharedDiskOptions&)) {
    SharedStoreOptions options = optionsOf("one", "disk");
    change(options.disk);
    return errorOf(options);
  };
  using Kind = OpenError::Kind;
  EXPECT_EQ(differs([](auto& disk) { disk.tier.dir.clear(); }), Kind::kConflict);
  EXPECT_EQ(differs([](auto& disk) { disk.tier.dir += "-other"; }), Kind::kConflict);
  EXPECT_EQ(differs([](auto& disk) { disk.tier.maxBytes *= 2; }), Kind::kConflict);
  EXPECT_EQ(differs([](auto& disk) { disk.tier.kind = RingKind::kRecords; }), Kind::kConflict);
  EXPECT_EQ(differs([](auto& disk) { disk.coherent = false; }), Kind::kConflict);
  one.disk()->resize(32 * kMiB);
  SharedStoreOptions resized = optionsOf("one", "disk");
  resized.disk.tier.maxBytes = 32 * kMiB;
  EXPECT_TRUE(open(resized));
  const StoreHandle none = open(optionsOf("none", ""));
  EXPECT_EQ(errorOf(optionsOf("none", "disk")), Kind::kConflict);
}

TEST_F(RuntimeDisk, IsPartOfANameThatSaysSo) {
  const auto optionsIn = [this](const char* dir) {
    SharedStoreOptions options = optionsOf("one", dir);
    options.namedByFolder = true;
    return options;
  };
  const StoreHandle one = open(optionsIn("disk"));
  EXPECT_EQ(&*one, &*open(optionsIn("disk/x/..")));
  EXPECT_NE(&*one, &*open(optionsIn("disk-other")));
}

TEST_F(RuntimeDisk, HasTheSizesThatItHasForWhoAsksForNone) {
  const StoreHandle one = open(optionsOf("one", "disk"));
  SharedStoreOptions other = optionsOf("one", "disk");
  other.store.maxBytes *= 2;
  other.store.maxEntries = 7;
  other.disk.tier.maxBytes *= 2;
  other.adopts = {true, true, true};
  for (bool AdoptedSizes::*each :
       {&AdoptedSizes::maxBytes, &AdoptedSizes::maxEntries, &AdoptedSizes::diskBytes}) {
    SharedStoreOptions differing = other;
    differing.adopts.*each = false;
    EXPECT_EQ(errorOf(differing), OpenError::Kind::kConflict);
  }
  const StoreHandle two = open(other);
  EXPECT_EQ(&*one, &*two);
  EXPECT_EQ(two.memory().maxBytes(), kMiB);
  EXPECT_EQ(two.memory().maxEntries(), 0U);
  EXPECT_EQ(two.disk()->stats().maxBytes, 16 * kMiB);
  one.memory().setMaxEntries(7);
  other.adopts.maxEntries = false;
  EXPECT_TRUE(open(other));
}

TEST_F(RuntimeDisk, CountsEachEvictionForOneOfThoseWhoShareAStore) {
  const StoreHandle one = open(optionsOf("one", ""));
  const StoreHandle two = open(optionsOf("one", ""));
  EXPECT_EQ(one.takeNewEvictions().all, 0U);
  for (int i = 0; i < 10; ++i) one->put("key " + std::to_string(i), "value");
  one.memory().setMaxEntries(4);
  const NewEvictions taken = two.takeNewEvictions();
  EXPECT_EQ(taken.all, 6U);
  EXPECT_EQ(taken.byEntries, 6U);
  EXPECT_EQ(one.takeNewEvictions().all, 0U);
  two->put("another", "value");
  EXPECT_EQ(one.takeNewEvictions().byEntries, 1U);
  one.memory().shrink(UINT64_MAX);
  const NewEvictions shrunk = one.takeNewEvictions();
  EXPECT_EQ(shrunk.all, 4U);
  EXPECT_EQ(shrunk.byEntries, 0U);
}

TEST_F(RuntimeDisk, IsRefusedWithABudgetOutOfRange) {
  SharedStoreOptions options = optionsOf("one", "disk");
  options.disk.tier.maxBytes = kMinRingBytes - 1;
  EXPECT_EQ(errorOf(options), OpenError::Kind::kInvalid);
}

TEST_F(RuntimeDisk, IsCoherentUnlessToldOtherwise) {
  SharedStoreOptions options = optionsOf("two", "disk");
  options.disk.coherent = false;
  const StoreHandle one = open(optionsOf("one", "disk"));
  const StoreHandle two = open(options);
  one->put("a", "old");
  two->put("b", "old");
  EXPECT_EQ(getString(*two, "a"), "old");
  EXPECT_EQ(getString(*one, "b"), "old");
  one->put("a", "new");
  two->put("b", "new");
  EXPECT_EQ(getString(*two, "a"), "old");
  EXPECT_EQ(getString(*one, "b"), "new");
}

/// Each key has one writer, through one of two stores: no read returns a value that is older than
/// its last put, through either, while values are promoted, evicted and written.
TEST_F(RuntimeDisk, GivesNothingOldToTheStoresOfAFolder) {
  constexpr uint64_t kKeyCount = 64;
  SharedStoreOptions options = optionsOf("one", "disk");
  options.store.maxEntries = 30;
  options.disk.tier.maxBytes = kMinRingBytes;
  const StoreHandle one = open(options);
  options.name = "two";
  const StoreHandle two = open(options);
  std::vector<std::atomic<uint64_t>> oldest(kKeyCount);
  std::atomic<uint64_t> wrong{0};
  std::atomic<uint64_t> found{0};
  std::atomic<uint64_t> fromDisk{0};
  std::atomic<int> writers{2};
  std::vector<TestThread> threads;
  for (uint64_t part = 0; part < 2; ++part) {
    threads.emplace_back([&, part] {
      SeededRandom random(part);
      TieredStore& store = part == 0 ? *one : *two;
      std::string value;
      for (uint64_t version = 1; version < scaled(8000); ++version) {
        const uint64_t id = random.below(kKeyCount / 2) * 2 + part;
        if (random.oneIn(10)) {
          store.remove(keyOf(id));
        } else {
          VersionedValue(id, version).write(value, 100 + random.below(2000));
          store.put(keyOf(id), value);
        }
        oldest[id] = version;
      }
      --writers;
    });
    threads.emplace_back([&, part] {
      SeededRandom random(10 + part);
      std::vector<char> out(4096);
      while (writers > 0) {
        TieredStore& store = random.oneIn(2) ? *one : *two;
        const uint64_t id = random.below(kKeyCount);
        const uint64_t minVersion = oldest[id];
        uint64_t bytes = 0;
        bool onDisk = false;
        if (store.get(keyOf(id), out.data(), out.size(), bytes, &onDisk) != ReadResult::kHit) {
          continue;
        }
        ++found;
        if (onDisk) ++fromDisk;
        const std::string_view value(out.data(), bytes);
        const uint64_t version = VersionedValue::versionIn(value);
        if (version < minVersion || !VersionedValue(id, version).matches(value)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(found, 0U);
  EXPECT_GT(fromDisk, 0U);
  EXPECT_EQ(one.memory().checkIntegrity(), "");
  EXPECT_EQ(two.memory().checkIntegrity(), "");
}

}  // namespace
}  // namespace ebbcache::test
