// Finds room within the budget for what a store puts: evicts entries, opens and compacts slabs,
// maps large entries, and adds chunks to the index.
//
// Where the environment denies growth, or the system refuses memory, the store works within what it
// holds as it does within its budget, and asks again from time to time.
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
  /// Bytes above which canEverFit() is false of every entry.
  uint64_t largestEntry() const;

  /// Room for an entry in a slab, and for its link in the index; nowhere when refused.
  Address allocate(uint64_t hash, uint64_t entryBytes);
  /// Whole pages for a large entry, with room made for them, and where the store may not grow,
  /// within `unasked` bytes. Null when refused, or as long as readers are at what was evicted for
  /// it.
  void* allocateLarge(uint64_t bytes, uint64_t unasked);
  /// Bytes that a large entry may have the store hold without asking whether it may grow: what is
  /// held now, also where a part of it is released on the way.
  uint64_t heldUnasked() const { return core_.memory.held() + regrowCredit_; }
  /// Whether the index has room for one more entry of the hash, or was given some.
  bool hasIndexRoomFor(uint64_t hash);
  bool hasSlabSlot() const;

  /// Evicts and gives memory back until at most `target` bytes are held, but for what is being
  /// written and what readers are at; returns the bytes given back. A spare slab in the making is
  /// waited for only when nothing else is left to give.
  uint64_t shrinkHeldTo(uint64_t target);

  /// Bytes of the budget that puts leave for a spare slab, so that a full store too can move slabs
  /// of small pages to it; 0 when there are few of them.
  uint64_t keptForUpgrades() const;
  /// How many slabs puts have taken.
  uint64_t slabsTaken() const { return slabsTaken_; }

  bool isGrowthDenied() const { return growthDenied_; }
  void denyGrowth() { growthDenied_ = true; }
  /// The store was made smaller: what it has given back is to be asked for again.
  void endRegrowCredit() { regrowCredit_ = 0; }
  /// The entries have moved to slabs of another size.
  void resetSlack() { slack_ = {}; }

 private:
  /// What one put has found out about another slab.
  struct SlabRequest {
    uint64_t heldBefore = 0;
    /// What would have been held when the system refused.
    uint64_t refusedAt = UINT64_MAX;
    bool asked = false;
  };

  /// The maximum of live bytes in shared slabs within a budget.
  uint64_t liveLimit(uint64_t budget, uint64_t largeBytes) const;
  /// Evicts until `bytes` more in shared slabs, and `newLargeBytes` more of large entries, leave
  /// the slack within the budget that compaction needs; or until `maxEvicted` bytes of entries are
  /// evicted. False when there are none left to evict and it is not enough.
  bool makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newLargeBytes,
                    uint64_t maxEvicted = UINT64_MAX);
  Address allocateShared(uint64_t bytes);
  /// False where budget, slots, machine or system have no room for one.
  bool openFreshSlab(SlabRequest& request);
  /// Makes tables that a resize left too small for maxBytes large enough, if the store may grow.
  bool addsSlots();
  /// Whether the slab to open next is one with gaps, not a fresh one. The open one is full.
  bool fillsGaps();
  void makeIndexRoom();
  /// As core_.mayGrow(), and the answer counts until it is asked again.
  bool asksToGrow(uint64_t bytes) {
    appendedSinceAsked_ = 0;
    growthDenied_ = !core_.mayGrow(bytes);
    return !growthDenied_;
  }

  StoreCore& core_;
  Evictor& evictor_;
  Slack slack_;
  /// A slab was wanted, and the store may not grow, or the system refused it.
  bool growthDenied_ = false;
  /// Bytes put into slabs since the store asked last whether it may grow.
  uint64_t appendedSinceAsked_ = 0;
  /// What the last large entry made the store give back beyond its own bytes: up to a slab, that
  /// it may take again without asking.
  uint64_t regrowCredit_ = 0;
  uint64_t slabsTaken_ = 0;
};

}  // namespace ebbcache
