// The store's size: resize, shrink, and the budget under pressure.

#include <algorithm>
#include <utility>

#include "store/store.h"

namespace ebbcache {
namespace {

/// Slabs that are so many times too large or too small for a new budget are given up, and tables
/// that are too large by such a share of it.
constexpr uint64_t kRebuildFactor = 4;
constexpr uint64_t kTableShare = 16;

}  // namespace

class Store::EvictsForPressure {
 public:
  explicit EvictsForPressure(Store& store) : store_(store) {
    store_.evictsFor_ = RemovalReason::kPressure;
  }
  ~EvictsForPressure() { store_.evictsFor_ = RemovalReason::kEvict; }
  EvictsForPressure(const EvictsForPressure&) = delete;
  EvictsForPressure& operator=(const EvictsForPressure&) = delete;

 private:
  Store& store_;
};

bool Store::resize(uint64_t maxBytes) {
  StoreOptions wanted;
  wanted.maxBytes = maxBytes;
  if (!wanted.whyInvalid().empty()) return false;
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  (void)memory_.giveSpare();
  regrowCredit_ = 0;
  const uint64_t pressureBudget = memory_.budget();
  const bool pressed = pressureBudget < this->maxBytes();
  const Layout layout = Layout::forBudget(maxBytes, environment_.memory->pageBytes());
  // The tables of both sizes must fit, whatever the pressure.
  const uint64_t least = arena_->emptyTableBytes() +
                         Arena::tableBytesFor(memory_, layout, maxBytes) + 2 * layout.slabBytes;
  memory_.setBudget(pressed ? std::max(pressureBudget, least)
                            : std::max(this->maxBytes(), maxBytes));
  const bool done = isFarFrom(layout, maxBytes) ? rebuildWithin(least, lock, layout, maxBytes)
                                                : growTables(maxBytes);
  leastBudget_.store(leastBytes(), std::memory_order_relaxed);
  const uint64_t wantedBudget = pressed ? std::max(pressureBudget, leastBytes()) : UINT64_MAX;
  (void)holdWithin(lock, std::min(wantedBudget, this->maxBytes()));
  return done;
}

void Store::setMaxEntries(uint64_t maxEntries) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  const std::lock_guard<std::mutex> lock(mutex_);
  maxEntries_.store(maxEntries, std::memory_order_relaxed);
  if (maxEntries != 0) evictToEntries(maxEntries);
}

uint64_t Store::shrinkWholly(std::unique_lock<std::mutex>& lock, uint64_t target) {
  uint64_t evictions = 0;
  for (;;) {
    const uint64_t evictionsBefore = counters_.evictions;
    shrinkHeldTo(target);
    evictions += counters_.evictions - evictionsBefore;
    if (memory_.held() <= target || memory_.retiredBytes() == 0) return evictions;
    // Others who evict meanwhile do so for reasons of their own.
    const RemovalReason reason = std::exchange(evictsFor_, RemovalReason::kEvict);
    lock.unlock();
    memory_.waitForReaders();
    lock.lock();
    evictsFor_ = reason;
  }
}

uint64_t Store::holdWithin(std::unique_lock<std::mutex>& lock, uint64_t budget) {
  const uint64_t evictionsBefore = counters_.evictions;
  // Set first: the policy's own tables follow it while entries are evicted.
  memory_.setBudget(budget);
  shrinkHeldTo(budget);
  const uint64_t evictions = counters_.evictions - evictionsBefore;
  // What is held never passes the budget for who gets the lock now.
  memory_.setBudget(std::max(budget, memory_.held()));
  const uint64_t evictionsLater = shrinkWholly(lock, budget);
  memory_.setBudget(budget);
  return evictions + evictionsLater;
}

bool Store::isFarFrom(const Layout& layout, uint64_t maxBytes) const {
  const uint64_t larger = std::max(layout.slabBytes, arena_->layout.slabBytes);
  const uint64_t smaller = std::min(layout.slabBytes, arena_->layout.slabBytes);
  const uint64_t tables = Arena::tableBytesFor(memory_, layout, maxBytes);
  return larger / smaller >= kRebuildFactor ||
         less(arena_->emptyTableBytes(), tables) > maxBytes / kTableShare;
}

bool Store::growTables(uint64_t maxBytes) {
  // Under pressure the larger tables must find room in what there is.
  const uint64_t tables = arena_->growthFor(maxBytes);
  if (!memory_.fits(tables)) shrinkHeldTo(less(memory_.budget(), tables));
  const AllStripes stripes(stripes_);
  if (!arena_->reserve(maxBytes)) return false;
  maxBytes_.store(maxBytes, std::memory_order_relaxed);
  return true;
}

uint64_t Store::shrink(uint64_t bytes) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  regrowCredit_ = 0;
  const uint64_t before = memory_.held();
  shrinkWholly(lock, less(before, bytes));
  return less(before, memory_.held());
}

uint64_t Store::leastBytes() const {
  // A slab, and a chunk of the index for buckets and one for overflows.
  return arena_->emptyTableBytes() + arena_->layout.slabBytes + 2 * arena_->index.chunkBytes();
}

Shrinkage Store::setBudget(uint64_t from, uint64_t to) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  if (memory_.budget() != from) return {};
  const EvictsForPressure reason(*this);
  const uint64_t heldBefore = memory_.held();
  regrowCredit_ = 0;
  const uint64_t budget = std::min(std::max(to, leastBytes()), maxBytes());
  const uint64_t evictions = holdWithin(lock, budget);
  counters_.pressureEvictions += evictions;
  return {less(heldBefore, memory_.held()), evictions, budget < from};
}

Shrinkage Store::trimPayload(uint64_t bytes) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  const EvictsForPressure reason(*this);
  const uint64_t heldBefore = memory_.held();
  const uint64_t evictionsBefore = counters_.evictions;
  memory_.withdrawSpare();
  regrowCredit_ = 0;
  while (payloadBytes() > bytes && evictOne()) {
  }
  const uint64_t evictions = counters_.evictions - evictionsBefore;
  counters_.pressureEvictions += evictions;
  arena_->log.dropEmptySlabs();
  while (arena_->log.dropOneSlab()) {
  }
  arena_->contractTables();
  shrinkWholly(lock, less(memory_.held(), memory_.retiredBytes()));
  return {less(heldBefore, memory_.held()), evictions, false};
}

}  // namespace ebbcache
