// The store's size: resize, shrink, and the budget under pressure.

#include <algorithm>
#include <utility>

#include "store/store.h"

namespace ebbcache {
namespace {

/// Slabs that are so many times too large or too small for a new budget are given up.
constexpr uint64_t kRebuildFactor = 4;

}  // namespace

bool Store::resize(uint64_t maxBytes) {
  StoreOptions wanted;
  wanted.maxBytes = maxBytes;
  if (!wanted.whyInvalid().empty()) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  (void)memory_.giveSpare();
  givenBackTooMuch_ = 0;
  const uint64_t pressureBudget = memory_.budget();
  const bool pressed = pressureBudget < options_.maxBytes;
  const Layout layout = Layout::forBudget(maxBytes, environment_.memory->pageBytes());
  // The tables of the new size must fit, whatever the pressure.
  const uint64_t least = Arena::tableBytesFor(layout, maxBytes) + 2 * layout.slabBytes;
  memory_.setBudget(pressed ? std::max(pressureBudget, std::min(least, maxBytes))
                            : std::max(options_.maxBytes, maxBytes));
  const uint64_t larger = std::max(layout.slabBytes, arena_->layout.slabBytes);
  const uint64_t smaller = std::min(layout.slabBytes, arena_->layout.slabBytes);
  const bool tablesTooLarge =
      arena_->emptyTableBytes() > kRebuildFactor * Arena::tableBytesFor(layout, maxBytes);
  const bool done = larger / smaller >= kRebuildFactor || tablesTooLarge ? rebuild(layout, maxBytes)
                                                                         : growTables(maxBytes);
  memory_.setBudget(pressed ? std::min(std::max(pressureBudget, leastBytes()), options_.maxBytes)
                            : options_.maxBytes);
  shrinkHeldTo(memory_.budget());
  return done;
}

bool Store::growTables(uint64_t maxBytes) {
  // Under pressure the larger tables must find room in what there is.
  const uint64_t tables = arena_->growthFor(maxBytes);
  if (!memory_.fits(tables)) shrinkHeldTo(less(memory_.budget(), tables));
  const AllStripes stripes(stripes_);
  if (!arena_->reserve(maxBytes)) return false;
  options_.maxBytes = maxBytes;
  return true;
}

bool Store::rebuild(const Layout& layout, uint64_t maxBytes) {
  // For a while both arenas hold the entries, each with its slack.
  const uint64_t tables = Arena::tableBytesFor(layout, maxBytes);
  const auto forEntries = [&](uint64_t slabBytes) {
    const uint64_t live = arena_->liveBytes();
    return live + live / (kGrowthSlackShare - 1) + 2 * slabBytes;
  };
  const auto fitsBoth = [&] {
    return tables + forEntries(layout.slabBytes) + forEntries(arena_->layout.slabBytes) <=
           memory_.budget();
  };
  while ((arena_->liveBytes() > maxBytes || !fitsBoth()) && evictOne()) {
  }
  shrinkHeldTo(less(memory_.budget(), tables + forEntries(layout.slabBytes)));
  std::unique_ptr<Arena> fresh =
      Arena::make(memory_, layout, maxBytes, options_.policy, hash_, stripes_);
  if (fresh == nullptr) return false;
  const AllStripes stripes(stripes_);
  options_.maxBytes = maxBytes;
  std::swap(arena_, fresh);
  slack_ = {};
  counters_.payloadBytes = 0;
  carryOver(*fresh);
  return true;
}

/// Oldest first, so that the newest stay where there is not room for all.
void Store::carryOver(Arena& from) {
  for (Address at = from.policy->victim(); at != kNowhere; at = from.policy->victim()) {
    const Entry* const entry = from.slabs.at(at);
    const uint64_t hash = hash_(entry);
    const uint64_t bytes = entry->bytes();
    const Address address = canEverFit(bytes) ? allocateLinkable(hash, bytes) : kNowhere;
    if (address != kNowhere) {
      write(address, entry->key(), entry->value(), entry->expiry());
      Admission admission;
      admission.replaced = entry;
      link(address, hash, admission);
    } else {
      ++counters_.evictions;
    }
    from.policy->removed(at);
    from.forget(at, hash);
  }
}

uint64_t Store::shrink(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  givenBackTooMuch_ = 0;
  return shrinkHeldTo(less(memory_.held(), bytes));
}

uint64_t Store::leastBytes() const {
  // A slab, and a chunk of the index for buckets and one for overflows.
  return arena_->emptyTableBytes() + arena_->layout.slabBytes + 2 * arena_->index.chunkBytes();
}

uint64_t Store::leastBudget() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return leastBytes();
}

Shrinkage Store::changePressureBudget(uint64_t from, uint64_t to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (memory_.budget() != from) return {};
  memory_.setBudget(std::min(std::max(to, leastBytes()), options_.maxBytes));
  const uint64_t evictionsBefore = counters_.evictions;
  givenBackTooMuch_ = 0;
  const uint64_t released = shrinkHeldTo(memory_.budget());
  const uint64_t evictions = counters_.evictions - evictionsBefore;
  counters_.pressureEvictions += evictions;
  return {released, evictions, memory_.budget() < from};
}

Shrinkage Store::ebbPayloadTo(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t heldBefore = memory_.held();
  const uint64_t evictionsBefore = counters_.evictions;
  memory_.withdrawSpare();
  givenBackTooMuch_ = 0;
  while (counters_.payloadBytes > bytes && evictOne()) {
  }
  const uint64_t evictions = counters_.evictions - evictionsBefore;
  counters_.pressureEvictions += evictions;
  arena_->log.dropEmptySlabs();
  while (arena_->log.dropOneSlab()) {
  }
  arena_->contractTables();
  return {less(heldBefore, memory_.held()), evictions, false};
}

}  // namespace ebbcache
