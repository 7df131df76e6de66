// The sizes that follow from a store's budget, fixed when it is made.
#pragma once

#include <cstdint>

namespace ebbcache {

/// 16 pages of 4 KiB: three for the tables, the rest for entries.
constexpr uint64_t kMinBudgetBytes = uint64_t{64} << 10;
/// The bytes that 32-bit addresses in units of four bytes reach.
constexpr uint64_t kMaxBudgetBytes = uint64_t{16} << 30;

struct Layout {
  /// A power of two from 4 KiB to 2 MiB: a huge page where the budget holds 32 of them.
  uint64_t slabBytes = 0;
  /// The size of the chunks by which the index grows and shrinks: a 32nd of a slab, at least a
  /// page.
  uint64_t indexChunkBytes = 0;
  /// The size above which an entry is large, and gets its own mapping.
  uint64_t largestInSlab = 0;

  static Layout forBudget(uint64_t maxBytes, uint64_t pageBytes);

  /// The number of bits of an address that are the offset within the slab.
  unsigned offsetBits() const;
  /// The number of slabs that a budget can need, and of large entries.
  uint64_t slabSlots(uint64_t maxBytes) const;
  uint64_t largeSlots(uint64_t maxBytes) const;
};

}  // namespace ebbcache
