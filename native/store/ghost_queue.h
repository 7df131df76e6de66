// What was evicted lately, by hash alone: a table of buckets whose oldest ghost gives way.
//
//   bucket:  +---------+-------+---------+-------+--     --+---------+-------+
//            | tag u16 | stamp | tag u16 | stamp |   ...   | tag u16 | stamp |   16; tag 0 is none
//            +---------+-------+---------+-------+--     --+---------+-------+
//
// The clock that ghosts are stamped by runs with the bytes that become ghosts, so that as many
// bytes are remembered as the store holds, of whatever size: remembered by count, a cache of large
// entries would forget the small ones far too soon. Two keys of one tag in one bucket share a
// ghost, which costs a wrong guess and nothing else.
#pragma once

#include <cstdint>

#include "slab/budgeted_memory.h"

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
  /// True when the ghost was there; it is no longer.
  bool forget(uint32_t hash);
  void clear() { drop(); }
  /// Gives back a table that is far too large for a store of so many bytes, ghosts and all; a
  /// smaller one, or the same, is taken again when there is a use and room for it.
  void contract(uint64_t storeBytes);

  uint64_t tableBytes() const {
    return table_ == nullptr ? 0 : memory_.wholePages(slots_ * sizeof(Ghost));
  }

 private:
  struct Ghost {
    uint16_t tag;
    uint16_t stamp;
  };

  Ghost* bucketOf(uint32_t hash) const;
  uint16_t tick() const;
  /// In ticks.
  uint16_t ageOf(Ghost ghost) const;
  void drop();

  BudgetedMemory& memory_;
  Ghost* table_ = nullptr;
  uint64_t slots_ = 0;
  /// So that a refusal is not asked for again before anything has changed.
  uint64_t heldWhenAsked_ = 0;
  /// Bytes remembered ever, in shares of what the store held at the time.
  uint64_t clock_ = 0;
  /// Ghosts that came ever, with a table or without.
  uint32_t remembered_ = 0;
};

}  // namespace ebbcache
