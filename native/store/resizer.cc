#include "store/resizer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "store/entry_carrier.h"

namespace ebbcache {
namespace {

/// Slabs that are this many times too large or too small for a new size are replaced, and so are
/// tables that are too large by such a share of it.
constexpr uint64_t kRebuildFactor = 4;
constexpr uint64_t kTableShare = 16;

}  // namespace

bool Resizer::resize(Lock& lock, uint64_t newMaxBytes) {
  BudgetedMemory& memory = core_.memory;
  (void)memory.releaseSpare();
  allocator_.endRegrowCredit();
  const uint64_t pressureBudget = memory.budget();
  const bool pressed = pressureBudget < maxBytes();
  const Layout layout = Layout::forBudget(newMaxBytes, core_.environment.memory->pageBytes());
  // The tables of both sizes must fit, whatever the pressure is.
  const uint64_t minBytes = core_.arena->emptyTableBytes() +
                            Arena::tableBytesFor(memory, layout, newMaxBytes) +
                            2 * layout.slabBytes;
  memory.setBudget(pressed ? std::max(pressureBudget, minBytes)
                           : std::max(maxBytes(), newMaxBytes));
  const bool done = isFarFrom(layout, newMaxBytes)
                        ? rebuildWithin(minBytes, lock, layout, newMaxBytes)
                        : growTables(newMaxBytes);
  const uint64_t minBudget = core_.computeMinBudget();
  const uint64_t wantedBudget = pressed ? std::max(pressureBudget, minBudget) : UINT64_MAX;
  (void)holdWithin(lock, std::min(wantedBudget, maxBytes()));
  return done;
}

uint64_t Resizer::shrinkWholly(Lock& lock, uint64_t target) {
  uint64_t evictions = 0;
  for (;;) {
    const uint64_t evictionsBefore = core_.counters.evictions;
    allocator_.shrinkHeldTo(target);
    evictions += core_.counters.evictions - evictionsBefore;
    if (core_.memory.held() <= target || core_.memory.retiredBytes() == 0) return evictions;
    // Other threads that evict meanwhile have reasons of their own.
    const RemovalReason reason = evictor_.evictFor(RemovalReason::kEvict);
    lock.unlock();
    core_.memory.waitForReaders();
    lock.lock();
    evictor_.evictFor(reason);
  }
}

uint64_t Resizer::holdWithin(Lock& lock, uint64_t budget) {
  const uint64_t evictionsBefore = core_.counters.evictions;
  // The budget is set first: the policy's own tables follow it while entries are evicted.
  core_.memory.setBudget(budget);
  core_.stripes.changes().beginEpoch();
  allocator_.shrinkHeldTo(budget);
  const uint64_t evictions = core_.counters.evictions - evictionsBefore;
  // The held bytes never pass the budget for threads that take the lock now.
  core_.memory.setBudget(std::max(budget, core_.memory.held()));
  const uint64_t evictionsLater = shrinkWholly(lock, budget);
  core_.memory.setBudget(budget);
  return evictions + evictionsLater;
}

bool Resizer::isFarFrom(const Layout& layout, uint64_t newMaxBytes) const {
  const uint64_t larger = std::max(layout.slabBytes, core_.arena->layout.slabBytes);
  const uint64_t smaller = std::min(layout.slabBytes, core_.arena->layout.slabBytes);
  const uint64_t tables = Arena::tableBytesFor(core_.memory, layout, newMaxBytes);
  return larger / smaller >= kRebuildFactor ||
         less(core_.arena->emptyTableBytes(), tables) > newMaxBytes / kTableShare;
}

bool Resizer::growTables(uint64_t newMaxBytes) {
  // Under pressure the larger tables must fit in the room that there is.
  const uint64_t tables = core_.arena->growthFor(newMaxBytes);
  if (!core_.memory.fits(tables)) allocator_.shrinkHeldTo(less(core_.memory.budget(), tables));
  const AllStripes stripes(core_.stripes);
  if (!core_.arena->reserve(newMaxBytes)) return false;
  core_.maxBytes.store(newMaxBytes, std::memory_order_relaxed);
  return true;
}

bool Resizer::rebuildWithin(uint64_t minBytes, Lock& lock, const Layout& layout,
                            uint64_t newMaxBytes) {
  const uint64_t held = core_.memory.held();
  const uint64_t entries = std::min(bytesIn(layout, newMaxBytes), newMaxBytes);
  if (core_.mayGrow(entries)) return rebuild(lock, layout, newMaxBytes);
  // Larger slabs and tables would cost entries. The present ones serve as well, only more slowly,
  // and the tables grow with the store.
  if (layout.slabBytes > core_.arena->layout.slabBytes) {
    core_.maxBytes.store(newMaxBytes, std::memory_order_relaxed);
    allocator_.denyGrowth();
    return true;
  }
  core_.memory.setBudget(std::min(core_.memory.budget(), std::max(held, minBytes)));
  return rebuild(lock, layout, newMaxBytes);
}

uint64_t Resizer::bytesIn(const Layout& layout, uint64_t newMaxBytes) const {
  constexpr uint64_t kIndexBytesPerEntry = 8;
  const uint64_t count = core_.arena->index.count();
  const uint64_t live = core_.arena->liveBytes();
  // On average, a slab's end is too short for half an entry.
  const uint64_t entryBytes = count == 0 ? 0 : live / count;
  const uint64_t wasted = live / layout.slabBytes * std::min(entryBytes, layout.slabBytes) / 2;
  return Arena::tableBytesFor(core_.memory, layout, newMaxBytes) + layout.slabBytes + live +
         wasted + count * kIndexBytesPerEntry;
}

bool Resizer::rebuild(Lock& lock, const Layout& layout, uint64_t newMaxBytes) {
  BudgetedMemory& memory = core_.memory;
  const uint64_t tables = Arena::tableBytesFor(memory, layout, newMaxBytes);
  const uint64_t budgetThen = std::min(memory.budget(), newMaxBytes);
  while (bytesIn(layout, newMaxBytes) > budgetThen && evictor_.evictOne()) {
  }
  shrinkWholly(lock, less(memory.budget(), tables + 2 * layout.slabBytes));
  std::unique_ptr<Arena> fresh =
      Arena::make(memory, layout, newMaxBytes, core_.options.policy, core_.hash, core_.stripes);
  if (fresh == nullptr) return false;
  {
    const AllStripes stripes(core_.stripes);
    core_.outgoing = std::exchange(core_.arena, std::move(fresh));
  }
  core_.maxBytes.store(newMaxBytes, std::memory_order_relaxed);
  allocator_.resetSlack();
  EntryCarrier(core_, allocator_).carryAll();
  std::unique_ptr<Arena> empty;
  {
    const AllStripes stripes(core_.stripes);
    empty = std::move(core_.outgoing);
  }
  return true;
}

uint64_t Resizer::shrink(Lock& lock, uint64_t bytes) {
  allocator_.endRegrowCredit();
  const uint64_t before = core_.memory.held();
  shrinkWholly(lock, less(before, bytes));
  return less(before, core_.memory.held());
}

Shrinkage Resizer::setBudget(Lock& lock, uint64_t from, uint64_t to) {
  if (core_.memory.budget() != from) return {};
  const EvictsFor reason(evictor_, RemovalReason::kPressure);
  const uint64_t heldBefore = core_.memory.held();
  allocator_.endRegrowCredit();
  const uint64_t budget = std::min(std::max(to, core_.computeMinBudget()), maxBytes());
  const uint64_t evictions = holdWithin(lock, budget);
  core_.counters.pressureEvictions += evictions;
  return {less(heldBefore, core_.memory.held()), evictions, budget < from};
}

Shrinkage Resizer::trimPayload(Lock& lock, uint64_t bytes) {
  const EvictsFor reason(evictor_, RemovalReason::kPressure);
  const uint64_t heldBefore = core_.memory.held();
  const uint64_t evictionsBefore = core_.counters.evictions;
  core_.memory.withdrawSpare();
  allocator_.endRegrowCredit();
  while (core_.payloadBytes.load(std::memory_order_relaxed) > bytes && evictor_.evictOne()) {
  }
  const uint64_t evictions = core_.counters.evictions - evictionsBefore;
  core_.counters.pressureEvictions += evictions;
  core_.arena->log.dropEmptySlabs();
  while (core_.arena->log.dropOneSlab()) {
  }
  core_.arena->contractTables();
  shrinkWholly(lock, less(core_.memory.held(), core_.memory.retiredBytes()));
  return {less(heldBefore, core_.memory.held()), evictions, false};
}

}  // namespace ebbcache
