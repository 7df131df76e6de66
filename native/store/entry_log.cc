#include "store/entry_log.h"

#include <algorithm>
#include <cstring>

namespace ebbcache {

EntryLog::EntryLog(SlabTable& slabs, const Layout& layout, Relocations& relocations)
    : slabs_(slabs), layout_(layout), relocations_(relocations) {}

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
  const uint32_t number = slabs_.add(bytes, true);
  if (number == 0) return kNowhere;
  Slab& slab = slabs_[number];
  slab.tail = bytes;
  slab.live = bytes;
  singleBytes_ += slab.bytes;
  return slabs_.addressOf(number, 0);
}

bool EntryLog::openFresh() {
  const uint32_t number = slabs_.add(layout_.slabBytes, false);
  if (number == 0) return false;
  ++sharedSlabs_;
  open_ = number;
  return true;
}

uint32_t EntryLog::emptiestShared(uint32_t exceptFor) const {
  uint32_t emptiest = 0;
  for (uint32_t number = 1; number < slabs_.end(); ++number) {
    const Slab& slab = slabs_[number];
    if (!slab.used() || slab.single || number == exceptFor) continue;
    if (emptiest == 0 || slab.live < slabs_[emptiest].live) emptiest = number;
  }
  return emptiest;
}

bool EntryLog::openCompacted(uint64_t bytes) {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
  compact(emptiest);
  open_ = emptiest;
  return true;
}

void EntryLog::compact(uint32_t number) {
  Slab& slab = slabs_[number];
  uint64_t to = 0;
  uint64_t earliest = kNeverExpires;
  if (slab.live > 0) {
    for (uint64_t from = 0; from < slab.tail;) {
      auto* const entry = reinterpret_cast<Entry*>(slab.base + from);
      const uint64_t bytes = entry->bytes();
      if (entry->live()) {
        earliest = std::min(earliest, entry->expiry());
        if (to != from) {
          std::memmove(slab.base + to, entry, bytes);
          relocations_.moved(slabs_.addressOf(number, from), slabs_.addressOf(number, to));
        }
        to += bytes;
      }
      from += bytes;
    }
  }
  slab.tail = to;
  slab.nextSweep = earliest;
}

void EntryLog::release(Address address) {
  const uint32_t number = slabs_.numberOf(address);
  Slab& slab = slabs_[number];
  Entry* const entry = slabs_.at(address);
  entry->flags &= static_cast<uint8_t>(~kLive);
  slab.live -= entry->bytes();
  if (slab.single) {
    drop(number);
    return;
  }
  sharedLiveBytes_ -= entry->bytes();
}

void EntryLog::drop(uint32_t number) {
  const Slab& slab = slabs_[number];
  if (slab.single) {
    singleBytes_ -= slab.bytes;
  } else {
    --sharedSlabs_;
  }
  if (open_ == number) open_ = 0;
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
  open_ = emptiest;
  return true;
}

bool EntryLog::evacuate(uint32_t number) {
  const Slab& slab = slabs_[number];
  // Not even without a gap would all live entries fit the others: nothing is moved in vain.
  if (slab.live > 0 && sharedLiveBytes_ > (sharedSlabs_ - 1) * layout_.slabBytes) return false;
  if (open_ == number) open_ = 0;
  for (uint64_t offset = 0; offset < slab.tail;) {
    const Address from = slabs_.addressOf(number, offset);
    Entry* const entry = slabs_.at(from);
    const uint64_t bytes = entry->bytes();
    offset += bytes;
    if (!entry->live()) continue;
    Address to = append(bytes);
    if (to == kNowhere) {
      const uint32_t next = emptiestShared(number);
      if (next == 0 || slabs_[next].reclaimable() < bytes) return false;
      compact(next);
      open_ = next;
      to = append(bytes);
    }
    std::memcpy(slabs_.at(to), entry, bytes);
    if (entry->expiry() != kNeverExpires) noteExpiry(to, entry->expiry());
    relocations_.moved(from, to);
    release(from);
  }
  return true;
}

void EntryLog::clear() {
  slabs_.removeAll();
  open_ = 0;
  sharedSlabs_ = 0;
  sharedLiveBytes_ = 0;
  singleBytes_ = 0;
}

void EntryLog::noteExpiry(Address address, uint64_t at) {
  Slab& slab = slabs_[slabs_.numberOf(address)];
  slab.nextSweep = std::min(slab.nextSweep, at);
}

}  // namespace ebbcache
