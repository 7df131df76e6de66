// The store's move to slabs and tables of another size.
//
//   outgoing_   | entries, the oldest first ->      arena_   | entries carried over, new ones |
//
// Each entry moves under its own stripe, so that a reader waits for one copy at most; it looks in
// both arenas. Slabs of the outgoing one go as they empty.

#include <algorithm>
#include <utility>

#include "store/store.h"

namespace ebbcache {

bool Store::rebuildWithin(uint64_t least, std::unique_lock<std::mutex>& lock, const Layout& layout,
                          uint64_t maxBytes) {
  const uint64_t held = memory_.held();
  const uint64_t entries = std::min(bytesIn(layout, maxBytes), maxBytes);
  if (mayGrow(entries)) return rebuild(lock, layout, maxBytes);
  // Larger slabs and tables would cost entries. Those that there are serve as well, only slower,
  // and the tables grow with the store.
  if (layout.slabBytes > arena_->layout.slabBytes) {
    maxBytes_.store(maxBytes, std::memory_order_relaxed);
    return growthDenied_ = true;
  }
  memory_.setBudget(std::min(memory_.budget(), std::max(held, least)));
  return rebuild(lock, layout, maxBytes);
}

uint64_t Store::bytesIn(const Layout& layout, uint64_t maxBytes) const {
  constexpr uint64_t kIndexBytesPerEntry = 8;
  const uint64_t count = arena_->index.count();
  const uint64_t live = arena_->liveBytes();
  // A slab's end is too short for half an entry on average.
  const uint64_t entryBytes = count == 0 ? 0 : live / count;
  const uint64_t wasted = live / layout.slabBytes * std::min(entryBytes, layout.slabBytes) / 2;
  return Arena::tableBytesFor(memory_, layout, maxBytes) + layout.slabBytes + live + wasted +
         count * kIndexBytesPerEntry;
}

bool Store::rebuild(std::unique_lock<std::mutex>& lock, const Layout& layout, uint64_t maxBytes) {
  const uint64_t tables = Arena::tableBytesFor(memory_, layout, maxBytes);
  const uint64_t budgetThen = std::min(memory_.budget(), maxBytes);
  while (bytesIn(layout, maxBytes) > budgetThen && evictOne()) {
  }
  shrinkWholly(lock, less(memory_.budget(), tables + 2 * layout.slabBytes));
  std::unique_ptr<Arena> fresh =
      Arena::make(memory_, layout, maxBytes, options_.policy, hash_, stripes_);
  if (fresh == nullptr) return false;
  {
    const AllStripes stripes(stripes_);
    outgoing_ = std::exchange(arena_, std::move(fresh));
  }
  maxBytes_.store(maxBytes, std::memory_order_relaxed);
  slack_ = {};
  carryOver();
  std::unique_ptr<Arena> empty;
  {
    const AllStripes stripes(stripes_);
    empty = std::move(outgoing_);
  }
  return true;
}

void Store::carryOver() {
  constexpr uint64_t kTidyEvery = 1024;
  Arena& from = *outgoing_;
  uint64_t carried = 0;
  for (Address at = from.policy->victim(); at != kNowhere; at = from.policy->victim()) {
    const uint64_t hash = hash_(from.slabs.at(at));
    outgoingMoved_ = false;
    if (!hasRoomForCarried(hash) || !carryOne(at, hash)) {
      // There is room now, and the entry may be elsewhere.
      if (outgoingMoved_) continue;
      evictOutgoing();
    }
    if (++carried % kTidyEvery != 0) continue;
    from.log.dropEmptySlabs();
    from.contractTables();
  }
}

void Store::evictOutgoing() {
  Arena& from = *outgoing_;
  const Address at = from.policy->victim();
  const Entry* const entry = from.slabs.at(at);
  const uint64_t hash = hash_(entry);
  if (tellsRemovals()) noteRemoval(*entry, RemovalReason::kEvict);
  const WriterStripe stripe(stripes_, hash);
  addPayload(0 - entry->payloadBytes());
  from.policy->removed(at);
  from.forget(at, hash);
  ++counters_.evictions;
}

bool Store::carryOne(Address at, uint64_t hash) {
  Arena& from = *outgoing_;
  Entry* const entry = from.slabs.at(at);
  const uint64_t bytes = entry->bytes();
  const bool liesAlone = bytes > arena_->layout.largestInSlab;
  if (liesAlone && SlabTable::isLarge(at)) return carryMapping(at, hash);
  const Address address = liesAlone ? allocateCarriedLarge(bytes) : allocateCarried(bytes);
  if (address == kNowhere) return false;
  // The value as it lies there: with its stamp.
  write(*arena_->slabs.at(address), entry->key(), entry->value(), entry->deadline());
  if (entry->expires()) arena_->log.noteExpiry(address, entry->expiry());
  const WriterStripe stripe(stripes_, hash);
  Admission admission;
  admission.replaced = entry;
  arena_->policy->inserted(address, hash, admission);
  arena_->index.insert(hash, address);
  from.policy->removed(at);
  from.forget(at, hash);
  return true;
}

bool Store::carryMapping(Address at, uint64_t hash) {
  if (!arena_->slabs.hasLargeSlot()) return false;
  Arena& from = *outgoing_;
  Entry* const entry = from.slabs.at(at);
  // Readers may be at it: its bytes stay as they are, but for the policy's.
  const WriterStripe stripe(stripes_, hash);
  from.policy->removed(at);
  from.index.remove(hash, at);
  const Address address = arena_->log.adoptLarge(from.log.releaseSingle(at), entry->bytes());
  if (entry->expires()) arena_->log.noteExpiry(address, entry->expiry());
  Admission admission;
  admission.replaced = entry;
  arena_->policy->inserted(address, hash, admission);
  arena_->index.insert(hash, address);
  return true;
}

bool Store::hasRoomForCarried(uint64_t hash) {
  HashIndex& index = arena_->index;
  index.grow();
  const auto addsChunk = [&] { return freeOutgoing(index.chunkBytes()) && index.addChunk(); };
  if (index.wantsChunk()) (void)addsChunk();
  return (index.hasRoomFor(hash) || addsChunk()) && !outgoingMoved_;
}

Address Store::allocateCarried(uint64_t bytes) {
  EntryLog& log = arena_->log;
  const Address address = log.append(bytes);
  if (address != kNowhere) return address;
  if (!hasSlabSlot() || !freeOutgoing(arena_->layout.slabBytes) || !log.openFresh()) {
    return kNowhere;
  }
  return outgoingMoved_ ? kNowhere : log.append(bytes);
}

Address Store::allocateCarriedLarge(uint64_t bytes) {
  const uint64_t whole = memory_.wholePages(bytes);
  if (!arena_->slabs.hasLargeSlot() || !freeOutgoing(whole) || outgoingMoved_) return kNowhere;
  void* const mapping = memory_.take(whole);
  return mapping == nullptr ? kNowhere : arena_->log.adoptLarge(mapping, bytes);
}

bool Store::freeOutgoing(uint64_t bytes) {
  EntryLog& log = outgoing_->log;
  bool moved = false;
  while (!memory_.fits(bytes)) {
    // Nothing is moved before a slab's bytes are dead.
    if (log.sharedLiveBytes() + outgoing_->layout.slabBytes > log.sharedBytes()) return false;
    if (!log.dropOneSlab()) return false;
    moved = true;
  }
  outgoingMoved_ = outgoingMoved_ || moved;
  return true;
}

}  // namespace ebbcache
