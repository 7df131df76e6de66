// Moves a store's entries to an arena of other slabs and tables, while readers go on.
//
//   core.outgoing   | entries, the oldest first ->    core.arena   | carried entries |
//
// Each entry moves under its own stripe, so that a reader waits for one copy at most; it looks in
// both arenas. Slabs of the outgoing one are given back as they empty.
#pragma once

#include <cstdint>

#include "store/space_allocator.h"
#include "store/store_core.h"

namespace ebbcache {

/// It lives for one move. The store's mutex MUST be held for that long.
class EntryCarrier {
 public:
  EntryCarrier(StoreCore& core, const SpaceAllocator& allocator)
      : core_(core), allocator_(allocator), from_(*core.outgoing), to_(*core.arena) {}

  /// Carries all entries within the memory's budget: those without room are evicted, the oldest
  /// first.
  void carryAll();

 private:
  /// Carries one entry; false where there is no room for it.
  bool carryOne(Address at, uint64_t hash);
  /// Carries a large entry with its mapping.
  bool carryMapping(Address at, uint64_t hash);
  /// The entry `before` of the outgoing arena is at this address of the other now. Its stripe is
  /// held.
  void link(Address address, uint64_t hash, const Entry& before);
  bool hasRoomFor(uint64_t hash);
  /// Evicts the oldest entry of the outgoing arena.
  void evictOldest();
  Address allocateShared(uint64_t bytes);
  Address allocateLarge(uint64_t bytes);
  /// Has the outgoing arena give back slabs until so many bytes fit; false where it cannot. That
  /// moves entries there: see hasMoved_.
  bool makeFit(uint64_t bytes);

  StoreCore& core_;
  const SpaceAllocator& allocator_;
  Arena& from_;
  Arena& to_;
  /// Room was made since this was set to false, by which entries of the outgoing arena may have
  /// come to other addresses.
  bool hasMoved_ = false;
};

}  // namespace ebbcache
