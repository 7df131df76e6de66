#include "store/entry_carrier.h"

#include "store/value_stamps.h"

namespace ebbcache {

void EntryCarrier::carryAll() {
  constexpr uint64_t kTidyEvery = 1024;
  uint64_t carried = 0;
  for (Address at = from_.policy->victim(); at != kNowhere; at = from_.policy->victim()) {
    const uint64_t hash = core_.hash(from_.slabs.at(at));
    hasMoved_ = false;
    if (!hasRoomFor(hash) || !carryOne(at, hash)) {
      // There is room now, but the entry may have moved.
      if (hasMoved_) continue;
      evictOldest();
    }
    if (++carried % kTidyEvery != 0) continue;
    from_.log.dropEmptySlabs();
    from_.contractTables();
  }
}

void EntryCarrier::evictOldest() {
  const Address at = from_.policy->victim();
  const Entry* const entry = from_.slabs.at(at);
  const uint64_t hash = core_.hash(entry);
  if (core_.tellsRemovals()) core_.noteRemoval(*entry, RemovalReason::kEvict);
  const WriterStripe stripe(core_.stripes, hash);
  core_.addPayload(0 - entry->payloadBytes());
  from_.policy->removed(at);
  from_.forget(at, hash);
  ++core_.counters.evictions;
}

bool EntryCarrier::carryOne(Address at, uint64_t hash) {
  Entry* const entry = from_.slabs.at(at);
  const uint64_t bytes = entry->bytes();
  const bool isLarge = bytes > to_.layout.largestInSlab;
  if (isLarge && SlabTable::isLarge(at)) return carryMapping(at, hash);
  const Address address = isLarge ? allocateLarge(bytes) : allocateShared(bytes);
  if (address == kNowhere) return false;
  // The value is copied with its stamp, if it has one.
  writeEntry(*to_.slabs.at(address), entry->key(), entry->value(), entry->deadline());
  if (entry->expires()) to_.log.noteExpiry(address, entry->deadline().expiry());
  const WriterStripe stripe(core_.stripes, hash);
  link(address, hash, *entry);
  from_.policy->removed(at);
  from_.forget(at, hash);
  return true;
}

bool EntryCarrier::carryMapping(Address at, uint64_t hash) {
  if (!to_.slabs.hasLargeSlot()) return false;
  Entry* const entry = from_.slabs.at(at);
  // Readers may be reading the entry: only the bytes that belong to the policy change.
  const WriterStripe stripe(core_.stripes, hash);
  from_.policy->removed(at);
  from_.index.remove(hash, at);
  const Address address = to_.log.adoptLarge(from_.log.detachLarge(at), entry->bytes());
  if (entry->expires()) to_.log.noteExpiry(address, entry->deadline().expiry());
  link(address, hash, *entry);
  return true;
}

void EntryCarrier::link(Address address, uint64_t hash, const Entry& before) {
  Admission admission;
  admission.replaced = &before;
  to_.policy->inserted(address, hash, admission);
  to_.index.insert(hash, address);
}

bool EntryCarrier::hasRoomFor(uint64_t hash) {
  HashIndex& index = to_.index;
  index.grow();
  const auto addsChunk = [&] { return makeFit(index.chunkBytes()) && index.addChunk(); };
  if (index.wantsChunk()) (void)addsChunk();
  return (index.hasRoomFor(hash) || addsChunk()) && !hasMoved_;
}

Address EntryCarrier::allocateShared(uint64_t bytes) {
  const Address address = to_.log.append(bytes);
  if (address != kNowhere) return address;
  if (!allocator_.hasSlabSlot() || !makeFit(to_.layout.slabBytes) || !to_.log.openFresh()) {
    return kNowhere;
  }
  return hasMoved_ ? kNowhere : to_.log.append(bytes);
}

Address EntryCarrier::allocateLarge(uint64_t bytes) {
  const uint64_t whole = core_.memory.wholePages(bytes);
  if (!to_.slabs.hasLargeSlot() || !makeFit(whole) || hasMoved_) return kNowhere;
  void* const mapping = core_.memory.take(whole);
  return mapping == nullptr ? kNowhere : to_.log.adoptLarge(mapping, bytes);
}

bool EntryCarrier::makeFit(uint64_t bytes) {
  EntryLog& log = from_.log;
  bool moved = false;
  while (!core_.memory.fits(bytes)) {
    // Nothing is moved before a slab's worth of bytes is dead.
    if (log.sharedLiveBytes() + from_.layout.slabBytes > log.sharedBytes()) return false;
    if (!log.dropOneSlab()) return false;
    moved = true;
  }
  hasMoved_ = hasMoved_ || moved;
  return true;
}

}  // namespace ebbcache
