// The ghosts of entries that were evicted recently, known only by their hash: a table of buckets,
// each of which drops its oldest ghost.
//
//   bucket:  +--------------------------+--------------------------+
//            | 16 tags, u16; 0 is none  | 16 stamps, u16           |
//            +--------------------------+--------------------------+
//
// The clock that stamps ghosts advances with the bytes that become ghosts, so that as many bytes
// are remembered as the store holds, whatever their sizes: remembered by count, a cache of large
// entries would forget the small ones far too soon. Two keys of one tag in one bucket share a
// ghost, which costs a wrong guess and nothing else.
#pragma once

#include <cstdint>

#include "base/prefetch.h"
#include "slab/budgeted_memory.h"

namespace ebbcache {

class GhostQueue {
 public:
  explicit GhostQueue(BudgetedMemory& memory) : memory_(memory) {}
  ~GhostQueue() { drop(); }
  GhostQueue(const GhostQueue&) = delete;
  GhostQueue& operator=(const GhostQueue&) = delete;

  /// One ghost of 4 bytes for each 512 bytes of budget: about one for each entry of that size.
  static constexpr uint64_t kBudgetShare = 128;

  /// Replaces the table where its share of this budget is at least twice its size, or less than
  /// half of it; all ghosts are forgotten then. Where a larger table is refused nothing changes;
  /// without a table nothing is remembered.
  void reserve(uint64_t budget);
  /// Takes the table while there is still room for it. It is called with every new entry.
  void reserveWhenNearlyFull();

  /// Remembers an entry of `bytes` that left a store which held `storeBytes` with it, until as many
  /// bytes have come after it, or the table has no room.
  void remember(uint32_t hash, uint64_t bytes, uint64_t storeBytes);
  /// Prefetches what remember() and forget() need.
  void prefetchGhost(uint32_t hash) const {
    if (table_ != nullptr) prefetch(&bucketOf(hash));
  }
  /// Removes the ghost; returns whether it was there.
  bool forget(uint32_t hash);
  void clear() { drop(); }
  /// Gives back a table that is far too large for a store of `storeBytes`, with its ghosts. A
  /// smaller table, or the same, is taken again when it is useful and there is room for it.
  void contract(uint64_t storeBytes);

  uint64_t tableBytes() const {
    return table_ == nullptr ? 0 : memory_.wholePages(buckets_ * sizeof(Bucket));
  }

 private:
  static constexpr uint32_t kSlots = 16;

  struct alignas(64) Bucket {
    uint16_t tags[kSlots];
    uint16_t stamps[kSlots];

    /// The slot of a tag; kSlots where there is none.
    uint32_t slotOf(uint16_t tag) const;
    uint32_t oldestAt(uint16_t tick) const;
  };
  static_assert(sizeof(Bucket) == 64, "the layout above");

  // The index takes a hash's low bits; these buckets take its high ones.
  Bucket& bucketOf(uint32_t hash) const { return table_[uint64_t{hash} * buckets_ >> 32]; }
  uint16_t tick() const;
  void drop();

  BudgetedMemory& memory_;
  Bucket* table_ = nullptr;
  uint64_t buckets_ = 0;
  /// The bytes held at the last request, so that a refused request is not repeated before anything
  /// has changed.
  uint64_t heldWhenAsked_ = 0;
  /// The sum of all bytes that were remembered, in shares of what the store held at the time.
  uint64_t clock_ = 0;
  /// The number of all ghosts that came, with a table or without.
  uint32_t remembered_ = 0;
};

}  // namespace ebbcache
