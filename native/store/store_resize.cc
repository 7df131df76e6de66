// The store's size: resize, shrink, and the budget under pressure.

#include <algorithm>
#include <utility>

#include "store/slack.h"
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
  const uint64_t pressureBudget = memory_.budget();
  const bool pressed = pressureBudget < options_.maxBytes;
  if (!pressed) memory_.setBudget(std::max(options_.maxBytes, maxBytes));
  const Layout layout = Layout::forBudget(maxBytes, environment_.memory->pageBytes());
  const uint64_t larger = std::max(layout.slabBytes, arena_->layout.slabBytes);
  const uint64_t smaller = std::min(layout.slabBytes, arena_->layout.slabBytes);
  const bool done =
      larger / smaller >= kRebuildFactor ? rebuild(layout, maxBytes) : growTables(maxBytes);
  memory_.setBudget(pressed ? std::min(pressureBudget, options_.maxBytes) : options_.maxBytes);
  shrinkHeldTo(memory_.budget());
  return done;
}

bool Store::growTables(uint64_t maxBytes) {
  // Under pressure the larger tables must find room in what there is.
  const uint64_t tables = Arena::tableBytesFor(arena_->layout, maxBytes);
  shrinkHeldTo(less(memory_.budget(), tables));
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
  std::unique_ptr<Arena> fresh = Arena::make(memory_, layout, maxBytes, options_.policy);
  if (fresh == nullptr) return false;
  options_.maxBytes = maxBytes;
  std::swap(arena_, fresh);
  counters_.payloadBytes = 0;
  carryOver(*fresh);
  return true;
}

/// Oldest first, so that the newest stay where there is not room for all.
void Store::carryOver(Arena& from) {
  for (Address at = from.policy->evict(); at != kNowhere; at = from.policy->evict()) {
    const Entry* const entry = from.slabs.at(at);
    const std::string_view value(entry->valueData(), entry->valueBytes);
    const Address address = canEverFit(entry->bytes()) ? allocate(entry->bytes()) : kNowhere;
    if (address != kNowhere) {
      write(address, entry->hash, entry->key(), value, entry->expiry());
      Admission admission;
      admission.replaced = entry;
      link(address, admission);
    } else {
      ++counters_.evictions;
    }
    from.forget(at);
  }
}

uint64_t Store::shrink(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return shrinkHeldTo(less(memory_.held(), bytes));
}

uint64_t Store::setPressureBudget(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t floor = arena_->emptyTableBytes() + arena_->layout.slabBytes;
  memory_.setBudget(std::min(std::max(bytes, floor), options_.maxBytes));
  const uint64_t evictionsBefore = counters_.evictions;
  const uint64_t released = shrinkHeldTo(memory_.budget());
  counters_.pressureEvictions += counters_.evictions - evictionsBefore;
  return released;
}

}  // namespace ebbcache
