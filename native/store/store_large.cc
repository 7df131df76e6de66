// The store's entries that lie alone: put without the lock for as long as they are copied.
//
//   with the lock    room is made, and whole pages are taken
//   without it       key and value are copied there; nobody else knows of the pages
//   with the lock    the entry is linked, if what has changed meanwhile still leaves it room

#include <algorithm>

#include "store/store.h"

namespace ebbcache {

PutResult Store::putLarge(std::unique_lock<std::mutex>& lock, std::string_view key,
                          std::string_view value, uint64_t hash, const EntryShape& shape,
                          const PutOptions& options) {
  // One at a time, so that no two of them wait for each other's room.
  lock.unlock();
  const std::lock_guard<std::mutex> alone(largeMutex_);
  lock.lock();
  // One that may not grow replaces what it holds now, also where that goes back on the way. Where
  // it gave back a slab for less than one, the rest of that is still its own.
  const uint64_t unasked = memory_.held() + regrowCredit_;
  void* mapping = nullptr;
  for (;; lock.lock()) {
    if (!canEverFit(shape.bytes())) {
      ++counters_.rejections;
      return PutResult::kTooLarge;
    }
    mapping = takeLarge(shape.bytes(), unasked);
    if (mapping != nullptr) break;
    if (memory_.retiredBytes() == 0) return PutResult::kNoMemory;
    // The room is made: readers are still at what was evicted for it.
    lock.unlock();
    memory_.waitForReaders();
  }
  const uint64_t whole = memory_.wholePages(shape.bytes());
  const Deadline deadline = deadlineAfter(options.ttlMs);
  writingBytes_ = whole;
  lock.unlock();
  write(*static_cast<Entry*>(mapping), key, value, deadline, options.stamp);
  lock.lock();
  writingBytes_ = 0;
  // What it replaces is unmapped without the lock, as by a last reader.
  const HashIndex::Found old = arena_->index.find(hash, key);
  const bool pinned = SlabTable::isLarge(old.address) && memory_.pin(old.entry);
  const bool stored = publishLarge(mapping, hash, key, options.cost);
  if (!stored) memory_.give(mapping, whole);
  lock.unlock();
  if (pinned) memory_.unpin(old.entry);
  return stored ? PutResult::kStored : PutResult::kNoMemory;
}

void* Store::takeLarge(uint64_t bytes, uint64_t unasked) {
  const uint64_t whole = memory_.wholePages(bytes);
  const SharedChances chances(*arena_->policy, chancesFor(bytes));
  makeIndexRoom();
  // Where no slots are to be had, one that is evicted leaves its own.
  while (!arena_->slabs.hasLargeSlot() && !addsSlots() && evictOne()) {
  }
  uint64_t mayHold = memory_.budget();
  const uint64_t growth = less(std::min(memory_.held() + whole, mayHold), unasked);
  if (growth > 0 && !mayGrow(growth)) mayHold = unasked;
  if (mayHold < whole) return nullptr;
  makeLiveRoom(0, std::min(mayHold, budget()), whole);
  shrinkHeldTo(mayHold - whole);
  if (memory_.held() + whole > mayHold) return nullptr;
  void* mapping = memory_.take(whole);
  if (mapping == nullptr && memory_.held() >= whole) {
    // The system refused: it has as much once the store has given that back.
    shrinkHeldTo(memory_.held() - whole);
    mapping = memory_.take(whole);
  }
  regrowCredit_ = std::min(less(unasked, memory_.held()), arena_->layout.slabBytes);
  return mapping;
}

bool Store::publishLarge(void* mapping, uint64_t hash, std::string_view key, double cost) {
  const Entry* const entry = static_cast<Entry*>(mapping);
  const SharedChances chances(*arena_->policy, chancesFor(entry->bytes()));
  // The budget may have fallen, and others may have put and cleared.
  shrinkHeldTo(budget());
  if (maxEntries() != 0) evictToMaxEntries(hash, key);
  if (memory_.held() > budget() + memory_.retiredBytes() || !hasIndexRoomFor(hash)) return false;
  const Address address = arena_->log.adoptLarge(mapping, entry->bytes());
  if (address == kNowhere) return false;
  if (entry->expires()) arena_->log.noteExpiry(address, entry->expiry());
  publish(address, hash, key, cost);
  return true;
}

}  // namespace ebbcache
