// Puts of large entries: the store's mutex is not held while they are copied.
//
//   with the lock    room is made, and whole pages are taken
//   without it       key and value are copied there; no other thread knows the pages
//   with the lock    the entry is linked, if what has changed meanwhile still leaves it room

#include <algorithm>

#include "store/store.h"

namespace ebbcache {

PutResult Store::putLarge(std::unique_lock<std::mutex>& lock, std::string_view key,
                          std::string_view value, uint64_t hash, const EntryShape& shape,
                          const PutOptions& options) {
  // Large entries are put one at a time, so that no two of them wait for each other's room.
  lock.unlock();
  const std::lock_guard<std::mutex> large(largeMutex_);
  lock.lock();
  // A store that may not grow replaces what it holds now, also where that is released on the way.
  // Where it released a slab for a smaller entry, it may take the rest of the slab again.
  const uint64_t unasked = allocator_.heldUnasked();
  void* mapping = nullptr;
  for (;; lock.lock()) {
    if (!allocator_.canEverFit(shape.bytes())) {
      ++core_.counters.rejections;
      return PutResult::kTooLarge;
    }
    mapping = allocator_.allocateLarge(shape.bytes(), unasked);
    if (mapping != nullptr) break;
    if (core_.memory.retiredBytes() == 0) return PutResult::kNoMemory;
    // The room is made, but readers still use the entries that were evicted for it.
    lock.unlock();
    core_.memory.waitForReaders();
  }
  const uint64_t whole = core_.memory.wholePages(shape.bytes());
  const Deadline deadline = core_.clock.deadlineAfter(options.ttlMs);
  core_.writingBytes = whole;
  lock.unlock();
  stamps_.write(*static_cast<Entry*>(mapping), key, value, deadline, options.stamp);
  lock.lock();
  core_.writingBytes = 0;
  // The entry that it replaces is pinned, so that it is unmapped without the lock.
  const HashIndex::Found old = core_.arena->index.find(hash, key);
  const bool pinned = SlabTable::isLarge(old.address) && core_.memory.pin(old.entry);
  const bool stored = publishLarge(mapping, hash, key, options.cost);
  if (!stored) core_.memory.release(mapping, whole);
  lock.unlock();
  if (pinned) core_.memory.unpin(old.entry);
  return stored ? PutResult::kStored : PutResult::kNoMemory;
}

bool Store::publishLarge(void* mapping, uint64_t hash, std::string_view key, double cost) {
  const Entry* const entry = static_cast<Entry*>(mapping);
  const SharedChances chances(*core_.arena->policy, Evictor::chancesFor(entry->bytes()));
  // The budget may have fallen, and other threads may have put and cleared.
  allocator_.shrinkHeldTo(core_.budget());
  if (maxEntries() != 0) evictToMaxEntries(hash, key);
  if (core_.memory.held() > core_.budget() + core_.memory.retiredBytes() ||
      !allocator_.hasIndexRoomFor(hash))
    return false;
  const Address address = core_.arena->log.adoptLarge(mapping, entry->bytes());
  if (address == kNowhere) return false;
  if (entry->expires()) core_.arena->log.noteExpiry(address, entry->deadline().expiry());
  publish(address, hash, key, cost);
  return true;
}

}  // namespace ebbcache
