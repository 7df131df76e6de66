// Moves a store's entries to an arena with other slabs and tables, while readers continue.
//
//   core.outgoing   | entries, the oldest first ->    core.arena   | carried entries |
//
// Each entry moves under its own stripe, so that a reader waits for one copy at most. A reader
// searches both arenas. Slabs of the outgoing arena are given back as they become empty.
#pragma once

#include <cstdint>

#include "store/space_allocator.h"
#include "store/store_core.h"

namespace ebbcache {

/// A carrier serves one move, during which the store's mutex MUST be held.
class EntryCarrier {
 public:
  EntryCarrier(StoreCore& core, const SpaceAllocator& allocator)
      : core_(core), allocator_(allocator), from_(*core.outgoing), to_(*core.arena) {}

  /// Carries all entries within the memory's budget. Entries without room are evicted, the oldest
  /// first.
  void carryAll();

 private:
  /// Carries one entry; returns false where there is no room for it.
  bool carryOne(Address at, uint64_t hash);
  /// Carries a large entry with its mapping.
  bool carryMapping(Address at, uint64_t hash);
  /// Links the entry `before` of the outgoing arena, which is now at this address of the other. The
  /// stripe of the hash MUST be held.
  void link(Address address, uint64_t hash, const Entry& before);
  bool hasRoomFor(uint64_t hash);
  /// Evicts the oldest entry of the outgoing arena.
  void evictOldest();
  Address allocateShared(uint64_t bytes);
  Address allocateLarge(uint64_t bytes);
  /// Has the outgoing arena give back slabs until `bytes` fit; returns false where it cannot. That
  /// may move entries of the outgoing arena: see hasMoved_.
  bool makeFit(uint64_t bytes);

  StoreCore& core_;
  const SpaceAllocator& allocator_;
  Arena& from_;
  Arena& to_;
  /// Whether room was made since this was set to false, which may have moved entries of the
  /// outgoing arena.
  bool hasMoved_ = false;
};

}  // namespace ebbcache
