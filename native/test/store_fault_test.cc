// Memory that the system refuses, at any request: the store never returns a wrong value, a refusal
// is at most a refused put and a counter, and the store recovers once there is memory.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>

#include "seeded_random.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

/// The whole life of a store, with some hundred requests for memory.
class Scenario {
 public:
  Scenario(TestMemory& memory, Policy policy) : memory_(memory) {
    StoreOptions options;
    options.maxBytes = 512 * kKiB;
    options.policy = policy;
    StoreEnvironment environment = testEnvironment(memory);
    environment.mayGrow = [this](uint64_t) { return !refusesGrowth_ || !random_.oneIn(2); };
    store_ = Store::open(options, environment);
  }

  bool opened() const { return store_ != nullptr; }
  /// Denies every other request to grow from now on.
  void refuseGrowth() { refusesGrowth_ = true; }

  void run() {
    fill(0, 300, 300);
    fill(300, 330, 20000);
    fill(0, 3, 100 * kKiB);
    store_->shrink(300 * kKiB);
    fill(200, 500, 500);
    resize(2 * kMiB);
    fill(0, 1000, 60);
    fill(0, 2, 600 * kKiB);
    setPressureBudget(*store_, 512 * kKiB);
    fill(500, 700, 900);
    resize(128 * kKiB);
    fill(600, 800, 100);
    setPressureBudget(*store_, UINT64_MAX);
    resize(512 * kKiB);
    fakeNow() += 5000;
    store_->maintain();
    fill(0, 300, 700);
    store_->clear();
    last_.clear();
    fill(0, 400, 700);
    rereadAll();
  }

  /// Checks that the store recovers once there is memory again.
  void recover() {
    resize(512 * kKiB);
    store_->clear();
    last_.clear();
    fill(0, 400, 700);
    rereadAll();
    ASSERT_EQ(store_->stats().entries, 400U);
    ASSERT_EQ(store_->maxBytes(), 512 * kKiB);
  }

  void rereadAll() {
    for (const auto& [id, last] : last_) check(id);
    ASSERT_EQ(store_->checkIntegrity(), "");
  }

 private:
  struct Last {
    uint64_t version;
    uint64_t bytes;
    uint64_t expiry;
  };

  void resize(uint64_t bytes) {
    const uint64_t before = store_->maxBytes();
    const uint64_t refused = memory_.refused;
    if (store_->resize(bytes)) {
      ASSERT_EQ(store_->maxBytes(), bytes);
    } else {
      ASSERT_EQ(store_->maxBytes(), before);
      ASSERT_GT(memory_.refused, refused) << "refused, but not for lack of memory";
    }
    checkCounts();
  }

  void fill(uint64_t from, uint64_t to, uint64_t valueBytes) {
    for (uint64_t id = from; id < to; ++id) {
      const std::string key = keyOf(id);
      const uint64_t refused = memory_.refused;
      PutOptions options;
      options.ttlMs = id % 7 == 0 ? 4000 : 0;
      const uint64_t bytes = valueBytes + id % 16;
      VersionedValue(id, ++version_).write(value_, bytes);
      const PutResult result = store_->put(key, value_, options);
      if (result == PutResult::kStored) {
        last_[id] = {version_, bytes, options.ttlMs == 0 ? kNeverExpires : fakeNow() + 4000};
        ASSERT_TRUE(store_->has(key));
      } else if (result == PutResult::kNoMemory) {
        ASSERT_TRUE(memory_.refused > refused || refusesGrowth_) << "nothing was refused";
      } else {
        ASSERT_GT(2 * bytes + 24 * kKiB, store_->budgetBytes());
      }
      check(id);
      check(mix(version_) % 1000);
      checkCounts();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }

  /// Checks that the value is the last one stored, or that the entry is gone.
  void check(uint64_t id) {
    if (!reader_.get(*store_, keyOf(id))) return;
    const auto last = last_.find(id);
    ASSERT_TRUE(last != last_.end()) << keyOf(id);
    ASSERT_EQ(reader_.value().size(), last->second.bytes) << keyOf(id);
    ASSERT_TRUE(VersionedValue(id, last->second.version).matches(reader_.value())) << keyOf(id);
    ASSERT_GT(last->second.expiry, fakeNow());
  }

  void checkCounts() {
    const StoreStats stats = store_->stats();
    ASSERT_EQ(stats.heldBytes, memory_.mapped);
    ASSERT_LE(stats.heldBytes, stats.budgetBytes);
    ASSERT_EQ(stats.memoryRefusals, memory_.refused);
  }

  TestMemory& memory_;
  bool refusesGrowth_ = false;
  SeededRandom random_{1};
  std::unique_ptr<Store> store_;
  std::unordered_map<uint64_t, Last> last_;
  uint64_t version_ = 0;
  ValueReader reader_;
  std::string value_;
};

/// The number of requests that are refused, one after the other.
enum class Refused : uint8_t { kOne, kEight, kAllThatFollow };

class StoreFault : public ::testing::TestWithParam<std::tuple<Policy, Refused>> {};

TEST_P(StoreFault, SurvivesTheRefusalOfAnyRequestForMemory) {
  const auto [policy, refused] = GetParam();
  uint64_t requests = 0;
  {
    TestMemory memory;
    Scenario scenario(memory, policy);
    scenario.run();
    requests = memory.requests;
  }
  ASSERT_GT(requests, 60U);
  // Every request is refused in turn; fewer where that takes longer, or where refusals overlap.
  const uint64_t stride = (kSanitized ? 5 : 1) * (refused == Refused::kOne ? 1 : 5);
  for (uint64_t i = 1; i <= requests; i += stride) {
    SCOPED_TRACE("request " + std::to_string(i));
    TestMemory memory;
    memory.refuseFrom = i;
    if (refused == Refused::kOne) memory.refuseUntil = i + 1;
    if (refused == Refused::kEight) memory.refuseUntil = i + 8;
    {
      Scenario scenario(memory, policy);
      if (scenario.opened()) {
        scenario.run();
        ASSERT_FALSE(::testing::Test::HasFatalFailure());
        memory.refuseFrom = UINT64_MAX;
        scenario.recover();
      } else {
        ASSERT_GT(memory.refused, 0U);
      }
    }
    ASSERT_EQ(memory.mapped, 0U);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
}

TEST_P(StoreFault, SurvivesRandomDenialsToGrow) {
  TestMemory memory;
  Scenario scenario(memory, std::get<0>(GetParam()));
  scenario.refuseGrowth();
  for (int round = 0; round < 4; ++round) {
    scenario.run();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << round;
  }
  EXPECT_EQ(memory.refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreFault,
                         ::testing::Combine(::testing::Values(Policy::kLru, Policy::kS3Fifo),
                                            ::testing::Values(Refused::kOne, Refused::kEight,
                                                              Refused::kAllThatFollow)));

}  // namespace
}  // namespace ebbcache::test
