// Stores whose slabs are made ahead of need: no put waits, the budget holds, and no value is lost.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"
#include "store_fixture.h"
#include "supply_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kBudget = 2 * kMiB;

class StoreSupply : public ::testing::TestWithParam<Policy> {
 protected:
  StoreSupply() {
    StoreOptions options;
    options.maxBytes = kBudget;
    options.policy = GetParam();
    StoreEnvironment environment;
    environment.memory = &gated_;
    environment.steadyMs = [] { return fakeNow().load(); };
    environment.supply = &supply_;
    environment.mayGrow = [this](uint64_t) {
      ++asked_;
      return mayGrow_.load();
    };
    store_ = Store::open(options, environment);
  }

  ~StoreSupply() override {
    gated_.open();
    store_.reset();
    EXPECT_EQ(gated_.mapped, 0U);
    EXPECT_LE(gated_.maxMapped, kBudget);
  }

  /// Puts entries of about a kilobyte.
  void fill(
      uint64_t from, uint64_t to, const std::function<void()>& afterEach = [] {}) {
    for (uint64_t i = from; i < to; ++i) {
      ASSERT_EQ(store_->put(keyOf(i), valueOf(i)), PutResult::kStored);
      afterEach();
      const StoreStats stats = store_->stats();
      ASSERT_LE(stats.heldBytes, stats.budgetBytes);
      ASSERT_LE(gated_.mapped, stats.budgetBytes);
    }
  }

  void expectAll(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; ++i) ASSERT_EQ(getString(*store_, keyOf(i)), valueOf(i)) << i;
  }

  /// Maintains the store to the end. No slab is ready before the store is done: the supply's thread
  /// does not wait for it, and would leave the rest to the next call.
  void maintain() {
    gated_.close();
    store_->maintain();
    gated_.open();
    drainSupply();
  }

  static std::string valueOf(uint64_t i) {
    return std::string(1000 + i % 100, static_cast<char>('a' + i % 26));
  }

  void drainSupply() { drain(supply_, gated_.spares); }

  /// Fills the store until a spare slab is in the making, which waits at the gate.
  void fillBesideOneInTheMaking(uint64_t entries) {
    gated_.close();
    fill(0, entries);
    gated_.awaitOneAtTheGate();
  }

  GatedMemory gated_;
  SlabSupply supply_;
  std::atomic<bool> mayGrow_{true};
  std::atomic<uint64_t> asked_{0};
  std::unique_ptr<Store> store_;
};

TEST_P(StoreSupply, NoPutWaitsForASlabInTheMaking) {
  fillBesideOneInTheMaking(5000);
  EXPECT_EQ(gated_.spares, 1U);
  EXPECT_GT(gated_.smallMaps, 20U);
  EXPECT_GT(store_->stats().evictions, 1000U);
  // A put that makes room for a large value does not wait either.
  EXPECT_EQ(store_->put("large", std::string(300 * kKiB, 'l')), PutResult::kStored);
  expectAll(4500, 5000);
}

TEST_P(StoreSupply, ASpareSlabServesTheNextPutThatNeedsOne) {
  fill(0, 1200, [this] { drainOnce(supply_); });
  EXPECT_EQ(gated_.smallMaps, 1U) << "but for the first there was always one";
  EXPECT_GT(gated_.spares, 15U);
  expectAll(0, 1200);
}

TEST_P(StoreSupply, TheBudgetIsNeverPassedWhenSlabsComeLate) {
  uint64_t puts = 0;
  fill(0, 6000, [&] {
    if (++puts % 7 == 0) gated_.close();
    if (puts % 7 == 5) gated_.open();
    if (puts % 900 == 0) store_->put("large", std::string(200 * kKiB, 'l'));
  });
}

TEST_P(StoreSupply, ASlabThatIsRefusedIsNoRefusedPut) {
  gated_.refusesSpares = true;
  fill(0, 3000, [this] { drainOnce(supply_); });
  EXPECT_GT(gated_.spares, 10U) << "each slab asks anew";
  EXPECT_EQ(store_->stats().memoryRefusals, 0U);
}

TEST_P(StoreSupply, OneThatMayNotGrowOrdersNone) {
  fill(0, 200, [this] { drainOnce(supply_); });
  const uint64_t spares = gated_.spares;
  const uint64_t asked = asked_;
  EXPECT_GE(asked, spares) << "it asks before it orders";
  mayGrow_ = false;
  const uint64_t held = store_->heldBytes();
  fill(200, 3000, [this] { drainOnce(supply_); });
  for (int i = 0; i < 3; ++i) store_->maintain();
  drainSupply();
  EXPECT_EQ(gated_.spares, spares);
  EXPECT_LT(store_->heldBytes(), held + 64 * kKiB) << "tables at most";
  EXPECT_GT(asked_, asked);
}

TEST_P(StoreSupply, HasNothingToDoWhereSlabsOfSmallPagesMustStay) {
  gated_.refusesSpares = true;
  fill(0, 1000, [this] { drainOnce(supply_); });
  ASSERT_GT(gated_.smallMaps, 2U);
  mayGrow_ = false;
  bool busy = true;
  for (int i = 0; i < 5; ++i) {
    drainSupply();
    busy = store_->maintain() != MaintainResult::kIdle;
  }
  EXPECT_FALSE(busy);
}

TEST_P(StoreSupply, ASlabInTheMakingIsGivenBackWithTheRest) {
  const std::function<void()> gives[] = {
      [this] { store_->clear(); },
      [this] { store_->shrink(UINT64_MAX); },
      [this] { setPressureBudget(*store_, 0); },
      [this] { EXPECT_TRUE(store_->resize(kBudget / 2)); },
      [this] { EXPECT_TRUE(store_->resize(64 * kKiB)); },
  };
  for (const auto& give : gives) {
    const uint64_t made = gated_.spares;
    fillBesideOneInTheMaking(300);
    ASSERT_GT(gated_.spares, made);
    {
      const OpensWhenAwaited opens(gated_);
      give();
    }
    // The slab in the making is held, and not mapped yet.
    EXPECT_LE(gated_.mapped, store_->heldBytes());
    EXPECT_LE(store_->heldBytes(), store_->budgetBytes());
    drainSupply();
    EXPECT_EQ(store_->heldBytes(), gated_.mapped);
    ASSERT_TRUE(store_->resize(kBudget));
    setPressureBudget(*store_, UINT64_MAX);
    store_->clear();
  }
}

TEST_P(StoreSupply, AStoreThatUsesLittleOfASlabOrdersNone) {
  fill(0, 10, [this] { drainOnce(supply_); });
  EXPECT_EQ(gated_.spares, 0U);
  fill(10, 20, [this] { drainOnce(supply_); });
  EXPECT_EQ(gated_.spares, 1U);
}

TEST_P(StoreSupply, ASlabThatIsReadyIsGivenBackWithTheRest) {
  // More than a quarter of a slab is filled, so that the next one is ordered.
  fill(0, 20);
  store_->clear();
  drainSupply();
  const uint64_t empty = gated_.mapped;
  fill(0, 20);
  drainSupply();
  EXPECT_GE(store_->heldBytes(), empty + 2 * 64 * kKiB);
  store_->clear();
  EXPECT_EQ(gated_.mapped, empty);
  EXPECT_EQ(store_->heldBytes(), empty);

  fill(0, 20);
  drainSupply();
  const uint64_t held = store_->heldBytes();
  EXPECT_EQ(store_->shrink(64 * kKiB), 64 * kKiB) << "the spare one is enough";
  EXPECT_EQ(store_->heldBytes(), held - 64 * kKiB);
  expectAll(0, 20);
}

TEST_P(StoreSupply, AValueOfTheWholeBudgetWaitsForTheSlabInItsPlace) {
  store_->clear();
  const uint64_t value = kBudget - store_->heldBytes() - 8 * kKiB;
  fillBesideOneInTheMaking(300);
  const OpensWhenAwaited opens(gated_);
  EXPECT_EQ(store_->put("all", std::string(value, 'a')), PutResult::kStored);
  EXPECT_EQ(getString(*store_, "all"), std::string(value, 'a'));
}

TEST_P(StoreSupply, AStoreClosesBesideASlabInTheMaking) {
  fillBesideOneInTheMaking(300);
  const OpensWhenAwaited opens(gated_);
  store_.reset();
  EXPECT_EQ(gated_.mapped, 0U);
}

TEST_P(StoreSupply, SlabsOfSmallPagesAreMovedToHugeOnesInTime) {
  fillBesideOneInTheMaking(1000);
  const uint64_t small = gated_.smallMaps;
  ASSERT_GT(small, 10U);
  gated_.open();
  drainSupply();
  ASSERT_EQ(gated_.spares, 1U) << "not while puts take slabs";
  const uint64_t held = store_->heldBytes();
  maintain();
  // Each slab took one, and one is spare.
  EXPECT_EQ(gated_.spares, small + 1);
  EXPECT_EQ(store_->heldBytes(), held);
  EXPECT_EQ(store_->heldBytes(), gated_.mapped);
  expectAll(0, 1000);
  maintain();
  EXPECT_EQ(gated_.spares, small + 1) << "none is left";
  fill(1000, 1200);
  expectAll(0, 1200);
}

TEST_P(StoreSupply, AFullStoreMovesItsSlabsTooAndIsFullAgain) {
  fillBesideOneInTheMaking(5000);
  const uint64_t small = gated_.smallMaps;
  const uint64_t evictions = store_->stats().evictions;
  const uint64_t held = store_->heldBytes();
  ASSERT_GT(held, kBudget - 2 * 64 * kKiB);
  maintain();
  maintain();
  // A single slab of small pages is few enough.
  EXPECT_GE(gated_.spares, small - 1);
  EXPECT_EQ(store_->stats().evictions, evictions);
  expectAll(4500, 5000);
  fill(5000, 8000);
  EXPECT_GT(store_->heldBytes(), kBudget - 64 * kKiB);
  expectAll(7500, 8000);
}

TEST_P(StoreSupply, TheSmallestBudgetUnderPressureStillHoldsAnEntry) {
  fillBesideOneInTheMaking(5000);
  {
    const OpensWhenAwaited opens(gated_);
    setPressureBudget(*store_, 0);
  }
  fill(5000, 5200);
  EXPECT_TRUE(store_->has(keyOf(5199)));
  EXPECT_LT(store_->heldBytes(), kBudget / 8);
}

TEST_P(StoreSupply, MovedSlabsAreStillEvictedExpiredAndCompacted) {
  fillBesideOneInTheMaking(1000);
  for (uint64_t i = 0; i < 1000; i += 3) store_->remove(keyOf(i));
  gated_.open();
  for (int i = 0; i < 2; ++i) {
    store_->maintain();
    drainSupply();
  }
  fill(1000, 6000);
  expectAll(5500, 6000);
  store_->clear();
  EXPECT_EQ(store_->heldBytes(), gated_.mapped);
  EXPECT_EQ(store_->stats().payloadBytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreSupply, ::testing::Values(Policy::kLru, Policy::kS3Fifo));

}  // namespace
}  // namespace ebbcache::test
