// Finds room within the budget for what a store puts: evicts entries, opens and compacts slabs,
// maps large entries, and adds chunks to the index.
//
// Where the environment denies growth, or the system refuses memory, the store works within the
// bytes that it holds as it does within its budget, and asks again from time to time.
#pragma once

#include <cstdint>

#include "store/evictor.h"
#include "store/slack.h"
#include "store/store_core.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class SpaceAllocator {
 public:
  SpaceAllocator(StoreCore& core, Evictor& evictor) : core_(core), evictor_(evictor) {}

  bool canEverFit(uint64_t entryBytes) const;
  /// The size above which canEverFit() is false for every entry.
  uint64_t largestEntry() const;

  /// Returns room for an entry in a slab, and makes room for its link in the index; returns nowhere
  /// when refused.
  Address allocate(uint64_t hash, uint64_t entryBytes);
  /// Makes room for a large entry and returns whole pages for it; where the store may not grow,
  /// within `unasked` bytes. Returns null when refused, or as long as readers use entries that were
  /// evicted for it.
  void* allocateLarge(uint64_t bytes, uint64_t unasked);
  /// The bytes that a large entry may have the store hold without asking whether it may grow: those
  /// that are held now, also where a part of them is released on the way.
  uint64_t heldUnasked() const { return core_.memory.held() + regrowCredit_; }
  /// Whether the index has room for one more entry of the hash. It may take memory for that.
  bool hasIndexRoomFor(uint64_t hash);
  bool hasSlabSlot() const;

  /// Evicts and gives memory back until at most `target` bytes are held, except for those that are
  /// being written or read; returns the bytes given back. It waits for a spare slab in the making
  /// only when nothing else is left to give.
  uint64_t shrinkHeldTo(uint64_t target);

  /// The bytes of the budget that puts leave for a spare slab, so that a full store too can move
  /// slabs of small pages to it; 0 when few slabs have small pages.
  uint64_t keptForUpgrades() const;
  /// The number of slabs that puts have taken.
  uint64_t slabsTaken() const { return slabsTaken_; }

  bool isGrowthDenied() const { return growthDenied_; }
  void denyGrowth() { growthDenied_ = true; }
  /// Notes that the store was shrunk: it must ask before it takes again what it has given back.
  void endRegrowCredit() { regrowCredit_ = 0; }
  /// Resets the slack after the entries have moved to slabs of another size.
  void resetSlack() { slack_ = {}; }

 private:
  /// The knowledge that one put has gathered about another slab.
  struct SlabRequest {
    uint64_t heldBefore = 0;
    /// The bytes that would have been held when the system refused.
    uint64_t refusedAt = UINT64_MAX;
    bool asked = false;
  };

  /// The maximum of live bytes in shared slabs within a budget.
  uint64_t liveLimit(uint64_t budget, uint64_t largeBytes) const;
  /// Evicts until `bytes` more in shared slabs, and `newLargeBytes` more of large entries, leave
  /// the slack within the budget that compaction needs, or until `maxEvicted` bytes of entries are
  /// evicted. Returns false when it is not enough and no entries are left to evict.
  bool makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newLargeBytes,
                    uint64_t maxEvicted = UINT64_MAX);
  Address allocateShared(uint64_t bytes);
  /// Opens a fresh slab; returns false where budget, slots, machine or system have no room for one.
  bool openFreshSlab(SlabRequest& request);
  /// Enlarges tables that a resize left too small for maxBytes, if the store may grow.
  bool addsSlots();
  /// Whether the slab to open next is one with gaps, not a fresh one. The open one MUST be full.
  bool fillsGaps();
  void makeIndexRoom();
  /// Asks core_.mayGrow(). The answer counts until it is asked again.
  bool asksToGrow(uint64_t bytes) {
    appendedSinceAsked_ = 0;
    growthDenied_ = !core_.mayGrow(bytes);
    return !growthDenied_;
  }

  StoreCore& core_;
  Evictor& evictor_;
  Slack slack_;
  /// Whether a slab was needed and the store was not allowed to grow, or the system refused it.
  bool growthDenied_ = false;
  /// The bytes put into slabs since the store last asked whether it may grow.
  uint64_t appendedSinceAsked_ = 0;
  /// The bytes that the last large entry made the store give back beyond its own: up to a slab,
  /// that the store may take again without asking.
  uint64_t regrowCredit_ = 0;
  uint64_t slabsTaken_ = 0;
};

}  // namespace ebbcache
