// The supply of slabs while the heap is exhausted: an order has no effect, and later ones are
// served.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "heap_faults.h"
#include "slab/slab_supply.h"
#include "supply_fixture.h"

namespace ebbcache::test {
namespace {

TEST(HeapFaultSupply, IsMetByNoOrder) {
  const size_t bytes = osMemory().pageBytes();
  const uint64_t faults = failEachOnce(
      [&] {
        SlabSupply supply;
        SlabOrder order(osMemory(), [] {});
        supply.order(order, bytes);
        supply.settle(order);
        if (order.state() == SlabOrder::State::kReady) osMemory().unmap(order.collect(), bytes);
        supply.order(order, bytes);
        supply.forget(order);
        if (order.state() == SlabOrder::State::kReady) osMemory().unmap(order.collect(), bytes);
      },
      [] {
        SlabSupply supply;
        drainOnce(supply);
      },
      FaultsOf::kAllThreads);
  EXPECT_GT(faults, 0U);
}

TEST(HeapFaultSupply, StartsItsThreadWithALaterOrder) {
  const size_t bytes = osMemory().pageBytes();
  SlabSupply supply;
  SlabOrder order(osMemory(), [] {});
  HeapFaults::failFrom(1);
  supply.order(order, bytes);
  const uint64_t faults = HeapFaults::disarm();
  EXPECT_GT(faults, 0U);
  EXPECT_EQ(order.state(), SlabOrder::State::kNone);
  drainOnce(supply);
}

TEST(HeapFaultSupply, OutlivesOneThatFailsToHearThatItsSlabIsReady) {
  const size_t bytes = osMemory().pageBytes();
  SlabSupply supply;
  SlabOrder order(osMemory(), [] { throw std::bad_alloc(); });
  supply.order(order, bytes);
  drainOnce(supply);
  EXPECT_EQ(order.state(), SlabOrder::State::kReady);
  supply.forget(order);
  osMemory().unmap(order.collect(), bytes);
}

}  // namespace
}  // namespace ebbcache::test
