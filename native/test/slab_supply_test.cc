// A spare slab within an exact budget, in each of its states.
#include "slab/slab_supply.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "heap_faults.h"
#include "slab/budgeted_memory.h"
#include "supply_fixture.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kSlab = 64 * kKiB;

class SpareSlabTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const auto& [memory, bytes] : taken_) budgeted_.release(memory, bytes);
    gated_.open();
    budgeted_.endSupply();
    EXPECT_EQ(gated_.mapped, 0U);
  }

  bool take(uint64_t bytes) { return keep(budgeted_.take(bytes), bytes); }
  /// Takes a slab, which must not be refused; returns whether it has huge pages.
  bool takesHugeSlab() {
    const SlabMemory slab = budgeted_.takeSlab(kSlab);
    EXPECT_TRUE(keep(slab.memory, kSlab));
    return !slab.smallPages;
  }
  void orderInTheMaking() {
    gated_.close();
    budgeted_.orderSpare(kSlab);
    gated_.awaitOneAtTheGate();
  }
  void orderReady() {
    budgeted_.orderSpare(kSlab);
    drainOnce(supply_);
  }

  GatedMemory gated_;
  SlabSupply supply_;
  std::atomic<int> told_{0};
  BudgetedMemory budgeted_{gated_, 4 * kSlab, &supply_, [this] { ++told_; }};

 private:
  bool keep(void* memory, uint64_t bytes) {
    if (memory != nullptr) taken_.emplace_back(memory, bytes);
    return memory != nullptr;
  }

  std::vector<std::pair<void*, uint64_t>> taken_;
};

TEST_F(SpareSlabTest, IsHeldFromItsOrderOnAndServesTheNextSlab) {
  orderInTheMaking();
  EXPECT_EQ(budgeted_.held(), kSlab);
  EXPECT_EQ(gated_.mapped, 0U);
  gated_.open();
  drainOnce(supply_);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(budgeted_.held(), kSlab);
  EXPECT_EQ(gated_.mapped, kSlab);
  EXPECT_EQ(budgeted_.heldWithSlab(kSlab), kSlab);
  EXPECT_TRUE(takesHugeSlab());
  EXPECT_EQ(budgeted_.held(), kSlab);
  EXPECT_EQ(budgeted_.heldWithSlab(kSlab), 2 * kSlab);
}

TEST_F(SpareSlabTest, IsNotWaitedForByASlab) {
  orderInTheMaking();
  EXPECT_EQ(budgeted_.heldWithSlab(kSlab), 2 * kSlab);
  EXPECT_FALSE(takesHugeSlab());
  EXPECT_EQ(budgeted_.held(), 2 * kSlab);
  EXPECT_EQ(gated_.smallMaps, 1U);
}

TEST_F(SpareSlabTest, IsNoRoomWhileItIsInTheMaking) {
  orderInTheMaking();
  EXPECT_FALSE(budgeted_.fits(4 * kSlab));
  EXPECT_FALSE(take(4 * kSlab));
  EXPECT_TRUE(take(3 * kSlab));
  EXPECT_FALSE(take(1));
  EXPECT_EQ(budgeted_.held(), budgeted_.budget());
  EXPECT_EQ(budgeted_.refusals(), 0U);
}

TEST_F(SpareSlabTest, IsReleasedForOtherMemoryOnceItIsReady) {
  orderReady();
  EXPECT_TRUE(take(3 * kSlab));
  EXPECT_EQ(budgeted_.held(), 4 * kSlab);
  EXPECT_TRUE(budgeted_.fits(kSlab));
  EXPECT_TRUE(take(kSlab / 2));
  EXPECT_EQ(budgeted_.held(), 3 * kSlab + kSlab / 2);
  EXPECT_EQ(gated_.maxMapped, 4 * kSlab);
}

TEST_F(SpareSlabTest, IsOrderedOnlyWithRoomForOneMore) {
  EXPECT_TRUE(take(2 * kSlab));
  EXPECT_TRUE(budgeted_.mayOrderSpare(kSlab, kSlab));
  EXPECT_TRUE(take(1));
  EXPECT_FALSE(budgeted_.mayOrderSpare(kSlab, kSlab));
}

TEST_F(SpareSlabTest, IsOnlyOne) {
  orderInTheMaking();
  EXPECT_FALSE(budgeted_.mayOrderSpare(kSlab, kSlab));
  gated_.open();
  drainOnce(supply_);
  EXPECT_FALSE(budgeted_.mayOrderSpare(kSlab, kSlab));
  EXPECT_TRUE(takesHugeSlab());
  EXPECT_TRUE(budgeted_.mayOrderSpare(kSlab, kSlab));
}

TEST_F(SpareSlabTest, ThatIsRefusedIsNoRefusedRequest) {
  gated_.refusesSpares = true;
  orderReady();
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(budgeted_.held(), 0U);
  EXPECT_EQ(budgeted_.refusals(), 0U);
  EXPECT_TRUE(budgeted_.mayOrderSpare(kSlab, kSlab));
  EXPECT_FALSE(takesHugeSlab());
}

TEST_F(SpareSlabTest, IsWaitedForByWhoGivesItBack) {
  orderInTheMaking();
  const OpensWhenAwaited opens(gated_);
  budgeted_.releaseSpare();
  EXPECT_EQ(budgeted_.held(), 0U);
  EXPECT_EQ(gated_.mapped, 0U);
  EXPECT_EQ(gated_.maxMapped, kSlab);
}

TEST_F(SpareSlabTest, ThatIsNotBegunIsNotWaitedFor) {
  GatedMemory busy;
  BudgetedMemory first(busy, kSlab * 2, &supply_);
  busy.close();
  first.orderSpare(kSlab);
  busy.awaitOneAtTheGate();
  budgeted_.orderSpare(kSlab);
  EXPECT_EQ(budgeted_.held(), kSlab);
  budgeted_.releaseSpare();
  EXPECT_EQ(budgeted_.held(), 0U);
  EXPECT_EQ(gated_.spares, 0U);
  busy.open();
}

TEST_F(SpareSlabTest, IsOfOneSizeOnly) {
  orderReady();
  const SlabMemory half = budgeted_.takeSlab(kSlab / 2);
  EXPECT_TRUE(half.smallPages);
  budgeted_.release(half.memory, kSlab / 2);
  EXPECT_TRUE(takesHugeSlab());
}

TEST(SlabSupplyTest, EndsWithOrdersOpen) {
  GatedMemory gated;
  gated.close();
  auto supply = std::make_unique<SlabSupply>();
  SlabOrder first(gated, [] {});
  SlabOrder second(gated, [] {});
  supply->order(first, kSlab);
  gated.awaitOneAtTheGate();
  supply->order(second, kSlab);
  {
    const OpensWhenAwaited opens(gated);
    supply.reset();
  }
  ASSERT_EQ(first.state(), SlabOrder::State::kReady);
  gated.unmap(first.collect(), kSlab);
  // The second may have begun by the time at which the first was done.
  if (second.state() == SlabOrder::State::kReady) gated.unmap(second.collect(), kSlab);
  EXPECT_EQ(second.state(), SlabOrder::State::kNone);
  EXPECT_EQ(gated.mapped, 0U);
}

TEST(SlabSupplyTest, WhoIsForgottenIsNotToldAnyMore) {
  SlabSupply supply;
  GatedMemory gated;
  std::promise<void> begun;
  std::promise<void> goOn;
  std::atomic<int> ended{0};
  SlabOrder order(gated, [&] {
    if (ended == 0) begun.set_value();
    if (ended == 0) goOn.get_future().wait();
    gated.unmap(order.collect(), kSlab);
    // The whenReady of an order may order again, and is then called again, unless the order is
    // forgotten before.
    if (ended < 100) supply.order(order, kSlab);
    ++ended;
  });
  supply.order(order, kSlab);
  begun.get_future().wait();
  TestThread later([&] { goOn.set_value(); });
  supply.forget(order);
  const int endedThen = ended;
  EXPECT_GE(endedThen, 1);
  EXPECT_EQ(order.state(), SlabOrder::State::kNone);
  drainOnce(supply);
  EXPECT_EQ(ended, endedThen);
  EXPECT_EQ(gated.mapped, 0U);
  later.join();
}

}  // namespace
}  // namespace ebbcache::test
