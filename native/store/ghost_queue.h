// What was evicted lately, by hash alone: a table of buckets whose oldest ghost gives way.
//
//   bucket:  +----------+----------+----------+----------+
//            | hash|seq | hash|seq | hash|seq | hash|seq |   u32 and u32; seq 0 is empty
//            +----------+----------+----------+----------+
//
// A ghost counts while fewer than `capacity` others came after it. Two keys of one 32-bit hash
// share a ghost, which costs a wrong guess and nothing else.
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

  /// A ghost of 8 bytes for each 512 of budget: about one for each entry of that size.
  static constexpr uint64_t kBudgetShare = 64;

  /// Takes a 64th of the budget for the table, where that is twice of what it has or more, and
  /// starts anew; without a table nothing is remembered.
  void reserve(uint64_t budget);

  /// Keeps the last `capacity` ghosts, as far as the table has room for them.
  void remember(uint32_t hash, uint64_t capacity);
  /// True when the ghost was there; it is no longer.
  bool forget(uint32_t hash);
  void clear() { drop(); }
  /// Gives back a table that is far too large for `capacity`, ghosts and all; a smaller one, or the
  /// same, is taken again when there is a use and room for it.
  void contract(uint64_t capacity);

  uint64_t tableBytes() const {
    return table_ == nullptr ? 0 : memory_.wholePages(slots_ * sizeof(Ghost));
  }

 private:
  struct Ghost {
    uint32_t hash;
    uint32_t sequence;
  };

  Ghost* bucketOf(uint32_t hash) const;
  void place(Ghost ghost);
  void drop();

  BudgetedMemory& memory_;
  Ghost* table_ = nullptr;
  uint64_t slots_ = 0;
  uint64_t capacity_ = 0;
  uint32_t sequence_ = 0;
  /// Ghosts that came while there was no table.
  uint32_t unremembered_ = 0;
};

}  // namespace ebbcache
