// Stores of a runtime while the heap is exhausted: a call fails, and nothing is left behind.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "heap_faults.h"
#include "runtime/runtime.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

/// The name is longer than a string holds without the heap.
constexpr const char* kName = "a name that is longer than a short string";

SharedStoreOptions optionsOf(Policy policy, bool ebb = true) {
  SharedStoreOptions options;
  options.store.maxBytes = kMiB;
  options.store.policy = policy;
  options.name = kName;
  options.ebb = ebb;
  return options;
}

void useAll(const StoreHandle& handle) {
  std::array<char, 256> buffer{};
  uint64_t bytes = 0;
  std::string keys;
  for (const std::string_view key : {"a", "b", "c"}) handle->put(key, "value");
  handle->get("a", buffer.data(), buffer.size(), bytes);
  handle->peek("a", buffer.data(), buffer.size(), bytes);
  handle->view("b", [&](std::string_view value) { keys.append(40, value[0]); });
  handle->has("b");
  handle->remove("b");
  handle->scan(0, [&](std::string_view key) { keys.append(40, key[0]); });
  handle.resize(2 * kMiB);
  handle.applyPressure(PressureLevel::kHigh);
  handle.holdPressure(PressureLevel::kNormal);
  handle.memory().maintain();
  handle.stats();
  handle->clear();
}

class HeapFaultRuntime : public ::testing::TestWithParam<Policy> {
 protected:
  StoreHandle open(const SharedStoreOptions& options) {
    OpenError error;
    return runtime_->open(options, error);
  }
  /// The name is free for other options, and a store under it works.
  void expectNoStore() {
    SharedStoreOptions others = optionsOf(GetParam(), false);
    others.store.maxEntries = 5;
    OpenError error;
    const StoreHandle handle = runtime_->open(others, error);
    ASSERT_TRUE(handle) << error.sentence;
    EXPECT_EQ(handle->put("a", "one"), PutResult::kStored);
    EXPECT_EQ(getString(*handle, "a"), "one");
  }

  std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>();
};

TEST_P(HeapFaultRuntime, LeavesNoStoreBehind) {
  for (const bool ebb : {true, false}) {
    const uint64_t faults = failEachOnce(
        [&] {
          if (const StoreHandle handle = open(optionsOf(GetParam(), ebb))) useAll(handle);
        },
        [&] { expectNoStore(); });
    EXPECT_GT(faults, 5U);
  }
}

TEST_P(HeapFaultRuntime, LeavesTheStoresThatAreOpenAsTheyWere) {
  const StoreHandle first = open(optionsOf(GetParam()));
  ASSERT_TRUE(first);
  SharedStoreOptions unnamed = optionsOf(GetParam());
  unnamed.name.clear();
  failEachOnce(
      [&] {
        const StoreHandle same = open(optionsOf(GetParam()));
        const StoreHandle other = open(unnamed);
        if (same) useAll(same);
        if (other) useAll(other);
      },
      [&] {
        EXPECT_TRUE(open(optionsOf(GetParam())));
        EXPECT_TRUE(first.runtime().governor().status().running);
        first->put("a", "one");
        EXPECT_EQ(getString(*first, "a"), "one");
      });
}

TEST_P(HeapFaultRuntime, NeedsNoHeapToClose) {
  StoreHandle one = open(optionsOf(GetParam()));
  StoreHandle same = open(optionsOf(GetParam()));
  useAll(one);
  EXPECT_TRUE(needsNoHeap([&] {
    same.close();
    one.close();
  }));
  expectNoStore();
}

TEST_P(HeapFaultRuntime, GivesBackAllMemoryOfAStoreThatIsNotOpened) {
  StoreOptions options;
  options.maxBytes = kMiB;
  options.policy = GetParam();
  TestMemory memory;
  const uint64_t faults =
      failEachOnce([&] { Store::open(options, testEnvironment(memory))->put("a", "one"); },
                   [&] { EXPECT_EQ(memory.mapped, 0U); });
  EXPECT_GT(faults, 1U);
}

TEST(HeapFaultRuntimeItself, IsMadeWholeOrNotAtAll) {
  const uint64_t faults = failEachOnce(
      [] {
        const auto runtime = std::make_shared<Runtime>();
        OpenError error;
        runtime->open(optionsOf(Policy::kLru), error);
      },
      [] {
        const std::shared_ptr<Runtime> runtime = Runtime::current();
        OpenError error;
        EXPECT_TRUE(runtime->open(optionsOf(Policy::kLru), error)) << error.sentence;
      });
  EXPECT_GT(faults, 10U);
}

INSTANTIATE_TEST_SUITE_P(Policies, HeapFaultRuntime,
                         ::testing::Values(Policy::kLru, Policy::kS3Fifo), [](const auto& each) {
                           return each.param == Policy::kLru ? "Lru" : "S3Fifo";
                         });

}  // namespace
}  // namespace ebbcache::test
