#include "store/entry_log.h"

#include <algorithm>
#include <array>

namespace ebbcache {

EntryLog::EntryLog(SlabTable& slabs, const Layout& layout, Relocations& relocations)
    : slabs_(slabs), layout_(layout), relocations_(relocations) {}

// ---------------------------------------------------------------- room for entries

Address EntryLog::append(uint64_t bytes) {
  if (open_ == 0) return kNowhere;
  Slab& slab = slabs_[open_];
  if (slab.bytes - slab.tail < bytes) return kNowhere;
  const Address address = slabs_.addressOf(open_, slab.tail);
  slab.tail += bytes;
  slab.live += bytes;
  sharedLiveBytes_ += bytes;
  return address;
}

Address EntryLog::appendSingle(uint64_t bytes) {
  const uint32_t number = slabs_.addSingle(bytes);
  if (number == 0) return kNowhere;
  Slab& slab = slabs_[number];
  slab.tail = bytes;
  slab.live = bytes;
  singleBytes_ += slab.bytes;
  return number;
}

void EntryLog::retract(Address address, uint64_t bytes) {
  const uint32_t number = slabs_.numberOf(address);
  if (SlabTable::isSingle(number)) {
    drop(number);
    return;
  }
  slabs_[number].tail -= bytes;
  slabs_[number].live -= bytes;
  sharedLiveBytes_ -= bytes;
}

void EntryLog::open(uint32_t number) {
  open_ = number;
  freeWhenOpened_ = slabs_[number].bytes - slabs_[number].tail;
  nextChosen_ = false;
}

bool EntryLog::openFresh() {
  const uint32_t number = slabs_.add();
  if (number == 0) return false;
  ++sharedSlabs_;
  open(number);
  return true;
}

bool EntryLog::openCompacted(uint64_t bytes) {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
  compact(emptiest);
  open(emptiest);
  return true;
}

uint32_t EntryLog::emptiestShared(uint32_t exceptFor) const {
  uint32_t emptiest = 0;
  for (uint32_t number = 1; number < slabs_.end(); ++number) {
    const Slab& slab = slabs_[number];
    if (!slab.used() || number == exceptFor) continue;
    if (emptiest == 0 || slab.live < slabs_[emptiest].live) emptiest = number;
  }
  return emptiest;
}

// ---------------------------------------------------------------- compaction

bool EntryLog::wantsNext() {
  if (open_ == 0 || nextChosen_) return false;
  const Slab& slab = slabs_[open_];
  if ((slab.bytes - slab.tail) * 2 > freeWhenOpened_) return false;
  nextChosen_ = true;
  return true;
}

uint64_t EntryLog::chooseNext() {
  const uint32_t number = emptiestShared(open_);
  if (number == 0) return 0;
  if (next_.number != number) {
    next_ = {};
    next_.number = number;
  }
  return slabs_[number].reclaimable();
}

void EntryLog::compactAhead(uint64_t bytes) {
  if (next_.number == 0 || open_ == 0) return;
  const uint64_t free = slabs_[open_].bytes - slabs_[open_].tail;
  const uint64_t left = slabs_[next_.number].tail - std::min(next_.from, slabs_[next_.number].tail);
  if (left == 0) return;
  // Done when the open slab is full, however large the entries are.
  (void)advance(next_, free <= bytes ? left : left * bytes / free + 1);
}

bool EntryLog::openNext(uint64_t bytes) {
  if (next_.number == 0 || slabs_[next_.number].reclaimable() < bytes) return false;
  const uint32_t number = next_.number;
  (void)advance(next_, slabs_[number].bytes);
  const uint64_t free = slabs_[number].bytes - slabs_[number].tail;
  next_ = {};
  // What died behind the compaction is not free yet.
  if (free < bytes) return false;
  open(number);
  return true;
}

void EntryLog::compact(uint32_t number) {
  if (next_.number == number) next_ = {};
  Compaction compaction;
  compaction.number = number;
  (void)advance(compaction, slabs_[number].bytes);
}

bool EntryLog::advance(Compaction& compaction, uint64_t bytes) {
  Slab& slab = slabs_[compaction.number];
  if (slab.live == 0) compaction = {compaction.number, slab.tail, 0, kNeverExpires};
  const uint64_t until = std::min(slab.tail, compaction.from + bytes);
  struct Step {
    uint64_t offset;
    uint64_t bytes;
    uint64_t hash;
  };
  std::array<Step, 16> steps;
  while (compaction.from < until) {
    // Some entries at a time, so that what they need is on its way while others move.
    size_t count = 0;
    uint64_t scan = compaction.from;
    bool shifts = compaction.to < compaction.from;
    while (scan < until && count < steps.size()) {
      const Address address = slabs_.addressOf(compaction.number, scan);
      const Entry* const entry = slabs_.at(address);
      const uint64_t size = entry->bytes();
      if (!entry->live()) {
        shifts = true;
      } else if (shifts) {
        steps[count++] = {scan, size, relocations_.prepareMove(address)};
        compaction.earliestExpiry = std::min(compaction.earliestExpiry, entry->expiry());
      } else {
        compaction.to += size;
        compaction.earliestExpiry = std::min(compaction.earliestExpiry, entry->expiry());
      }
      scan += size;
    }
    for (size_t i = 0; i < count; ++i) {
      relocations_.move(slabs_.addressOf(compaction.number, steps[i].offset),
                        slabs_.addressOf(compaction.number, compaction.to), steps[i].hash);
      compaction.to += steps[i].bytes;
    }
    compaction.from = scan;
  }
  if (compaction.from < slab.tail) {
    if (compaction.to < compaction.from) {
      slabs_.at(slabs_.addressOf(compaction.number, compaction.to))
          ->beginGap(compaction.from - compaction.to);
    }
    return false;
  }
  slab.tail = compaction.to;
  slab.nextSweep = compaction.earliestExpiry;
  compaction.from = compaction.to;
  return true;
}

// ---------------------------------------------------------------- the dead

void EntryLog::release(Address address) {
  const uint32_t number = slabs_.numberOf(address);
  if (SlabTable::isSingle(number)) {
    drop(number);
    return;
  }
  Slab& slab = slabs_[number];
  Entry* const entry = slabs_.at(address);
  entry->die();
  slab.live -= entry->bytes();
  sharedLiveBytes_ -= entry->bytes();
}

void EntryLog::drop(uint32_t number) {
  if (SlabTable::isSingle(number)) {
    singleBytes_ -= slabs_[number].bytes;
  } else {
    --sharedSlabs_;
    if (open_ == number) open_ = 0;
    if (next_.number == number) next_ = {};
  }
  slabs_.remove(number);
}

void EntryLog::dropEmptySlabs() {
  for (uint32_t number = 1; number < slabs_.end(); ++number) {
    if (slabs_[number].used() && slabs_[number].live == 0) drop(number);
  }
}

bool EntryLog::dropOneSlab() {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || !evacuate(emptiest)) return false;
  drop(emptiest);
  return true;
}

bool EntryLog::openEvacuated() {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || !evacuate(emptiest)) return false;
  slabs_[emptiest].tail = 0;
  slabs_[emptiest].nextSweep = kNeverExpires;
  open(emptiest);
  return true;
}

bool EntryLog::evacuate(uint32_t number) {
  const Slab& slab = slabs_[number];
  // Not even without a gap would all live entries fit the others: nothing is moved in vain.
  if (slab.live > 0 && sharedLiveBytes_ > (sharedSlabs_ - 1) * layout_.slabBytes) return false;
  if (open_ == number) open_ = 0;
  if (next_.number == number) next_ = {};
  for (uint64_t offset = 0; slab.live > 0 && offset < slab.tail;) {
    const Address from = slabs_.addressOf(number, offset);
    const Entry* const entry = slabs_.at(from);
    const uint64_t bytes = entry->bytes();
    offset += bytes;
    if (!entry->live()) continue;
    const uint64_t expiry = entry->expiry();
    Address to = append(bytes);
    if (to == kNowhere) {
      const uint32_t emptiest = emptiestShared(number);
      if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
      compact(emptiest);
      open(emptiest);
      to = append(bytes);
    }
    relocations_.move(from, to, relocations_.prepareMove(from));
    if (expiry != kNeverExpires) noteExpiry(to, expiry);
    release(from);
  }
  return true;
}

void EntryLog::clear() {
  slabs_.removeAll();
  open_ = 0;
  next_ = {};
  sharedSlabs_ = 0;
  sharedLiveBytes_ = 0;
  singleBytes_ = 0;
}

void EntryLog::noteExpiry(Address address, uint64_t at) {
  Slab& slab = slabs_[slabs_.numberOf(address)];
  slab.nextSweep = std::min(slab.nextSweep, at);
}

}  // namespace ebbcache
