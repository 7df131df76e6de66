// What was evicted lately, known only by its hash: a table of buckets whose oldest ghost is
// dropped.
//
//   bucket:  +--------------------------+--------------------------+
//            | 16 tags, u16; 0 is none  | 16 stamps, u16           |
//            +--------------------------+--------------------------+
//
// The clock that ghosts are stamped by runs with the bytes that become ghosts, so that as many
// bytes are remembered as the store holds, of whatever size: remembered by count, a cache of large
// entries would forget the small ones far too soon. Two keys of one tag in one bucket share a
// ghost, which costs a wrong guess and nothing else.
#pragma once

#include <cstdint>

#include "slab/budgeted_memory.h"
#include "store/prefetch.h"

namespace ebbcache {

class GhostQueue {
 public:
  explicit GhostQueue(BudgetedMemory& memory) : memory_(memory) {}
  ~GhostQueue() { drop(); }
  GhostQueue(const GhostQueue&) = delete;
  GhostQueue& operator=(const GhostQueue&) = delete;

  /// A ghost of 4 bytes for each 512 of budget: about one for each entry of that size.
  static constexpr uint64_t kBudgetShare = 128;

  /// Takes its share of the budget for the table, where that is twice of what it has or more, or
  /// less than half, and starts anew. Where more is refused all stays; without a table nothing is
  /// remembered.
  void reserve(uint64_t budget);
  /// Takes the table while there is still room for it: to be called with every new entry.
  void reserveWhenNearlyFull();

  /// An entry of so many bytes left a store that held `storeBytes` with it. It is remembered until
  /// as many bytes came after it, or the table has no room.
  void remember(uint32_t hash, uint64_t bytes, uint64_t storeBytes);
  /// Brings into the cache what remember() and forget() need.
  void prefetchGhost(uint32_t hash) const {
    if (table_ != nullptr) prefetch(&bucketOf(hash));
  }
  /// True when the ghost was there; it is no longer.
  bool forget(uint32_t hash);
  void clear() { drop(); }
  /// Gives back a table that is far too large for a store of so many bytes, ghosts and all; a
  /// smaller one, or the same, is taken again when there is a use and room for it.
  void contract(uint64_t storeBytes);

  uint64_t tableBytes() const {
    return table_ == nullptr ? 0 : memory_.wholePages(buckets_ * sizeof(Bucket));
  }

 private:
  static constexpr uint32_t kSlots = 16;

  struct alignas(64) Bucket {
    uint16_t tags[kSlots];
    uint16_t stamps[kSlots];

    /// kSlots where there is none.
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
  /// So that a refusal is not asked for again before anything has changed.
  uint64_t heldWhenAsked_ = 0;
  /// Bytes remembered ever, in shares of what the store held at the time.
  uint64_t clock_ = 0;
  /// Ghosts that came ever, with a table or without.
  uint32_t remembered_ = 0;
};

}  // namespace ebbcache
