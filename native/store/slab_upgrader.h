// Moves a store to huge pages: orders slabs of them ahead of need, and moves slabs of small pages,
// which were taken when no huge page was ready, into them.
//
//   put          takes a slab ->  orderSpareWhenDue() orders the next one of the supply
//   supply       made it      ->  upgradeOne() moves a slab of small pages there, where puts take
//                                 none meanwhile, and orders the next
#pragma once

#include <cstdint>

#include "store/space_allocator.h"
#include "store/store_core.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class SlabUpgrader {
 public:
  SlabUpgrader(StoreCore& core, const SpaceAllocator& allocator)
      : core_(core), allocator_(allocator) {}
  /// On return the supply does not call the store any more. The store's mutex MUST NOT be held.
  ~SlabUpgrader() { core_.memory.endSupply(); }
  SlabUpgrader(const SlabUpgrader&) = delete;
  SlabUpgrader& operator=(const SlabUpgrader&) = delete;

  /// Orders the next slab when a fourth of the open one is used: that is soon enough for a fill at
  /// memory's speed, and spares a store that never needs the slab.
  void orderSpareWhenDue() {
    constexpr uint64_t kSpareAfterShare = 4;
    if (orderedFor_ == allocator_.slabsTaken()) return;
    const Arena& arena = *core_.arena;
    if (arena.log.openUsed() >= arena.layout.slabBytes / kSpareAfterShare) orderSpare();
  }

  /// Moves a slab of small pages to the spare one, unless puts need that, and orders the next one.
  /// Returns false where there is no slab to upgrade, or no spare one for it. Readers wait while
  /// the slab is copied.
  bool upgradeOne();

 private:
  void orderSpare();

  StoreCore& core_;
  const SpaceAllocator& allocator_;
  /// The number of slabs that puts had taken when a spare one was ordered last.
  uint64_t orderedFor_ = 0;
  /// The number of slabs that puts had taken when upgradeOne() ran last.
  uint64_t seenTaken_ = 0;
};

}  // namespace ebbcache
