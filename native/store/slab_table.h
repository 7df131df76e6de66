// Which slabs there are, and where in this process an address lies.
#pragma once

#include <cstdint>

#include "slab/budgeted_memory.h"
#include "store/entry.h"
#include "store/layout.h"

namespace ebbcache {

/// A slab of many entries, or of the one entry that is too large to share.
struct Slab {
  char* base;
  /// Mapped; slabBytes, or more or less for an entry on its own.
  uint64_t bytes;
  /// Where the next entry would go; what lies before is entries, live or dead, without gaps.
  uint64_t tail;
  /// Bytes of live entries.
  uint64_t live;
  /// When to look for expired entries next, ms of the store's clock: when the first expires, or a
  /// little later where it was looked at just before.
  uint64_t nextSweep;
  /// Of an unused slot: the next unused one.
  uint32_t nextUnused;
  /// Holds one entry of its own.
  bool single;

  bool used() const { return base != nullptr; }
  /// What compaction would leave at its end: dead entries and what was never written.
  uint64_t reclaimable() const { return bytes - live; }
};

class SlabTable {
 public:
  SlabTable(BudgetedMemory& memory, const Layout& layout);
  ~SlabTable();
  SlabTable(const SlabTable&) = delete;
  SlabTable& operator=(const SlabTable&) = delete;

  /// Makes the table large enough for a budget; false when its memory is refused.
  bool reserve(uint64_t maxBytes);

  /// A fresh slab; 0 when memory or slots are out.
  uint32_t add(uint64_t bytes, bool single);
  void remove(uint32_t number);
  void removeAll();

  Slab& operator[](uint32_t number) { return slabs_[number]; }
  /// Slab numbers in use are below this.
  uint32_t end() const { return end_; }

  Entry* at(Address address) const {
    const uint64_t offset = uint64_t{address & offsetMask_} * kEntryAlignment;
    return reinterpret_cast<Entry*>(slabs_[address >> offsetBits_].base + offset);
  }
  uint32_t numberOf(Address address) const { return address >> offsetBits_; }
  Address addressOf(uint32_t number, uint64_t offset) const {
    return number << offsetBits_ | static_cast<Address>(offset / kEntryAlignment);
  }

  /// Mapped for the table itself.
  uint64_t tableBytes() const { return memory_.wholePages(capacity_ * sizeof(Slab)); }

 private:
  BudgetedMemory& memory_;
  Layout layout_;
  unsigned offsetBits_;
  uint32_t offsetMask_;
  Slab* slabs_ = nullptr;
  uint64_t capacity_ = 0;
  uint32_t end_ = 1;
  uint32_t firstUnused_ = 0;
};

}  // namespace ebbcache
