// The table of slabs, and the place of an address in this process.
//
//   address of an entry in a slab   +--------------------+----------------------+
//                                   | slab number        | offset in units of 4 |
//                                   +--------------------+----------------------+
//   address of a large entry: kFirstLarge + its number, the topmost addresses
#pragma once

#include <atomic>
#include <cstdint>

#include "base/prefetch.h"
#include "slab/budgeted_memory.h"
#include "store/entry.h"
#include "store/layout.h"

namespace ebbcache {

/// A slab of many entries, or the mapping of one large entry.
struct Slab {
  /// The start of the mapping; null for an unused slot. It is atomic for prefetchHeader() of a slab
  /// that another thread removes. It is relaxed because whoever reads an entry has its address from
  /// the index, under the stripe that it was linked under, and a prefetch may miss.
  std::atomic<char*> base;
  /// The bytes that are mapped: slabBytes, or whole pages for a large entry.
  uint64_t bytes;
  /// The offset of the next entry; what lies before it is entries, live or dead, without gaps.
  uint64_t tail;
  /// The bytes of live entries.
  uint64_t live;
  /// The bytes at a full slab's end, where the next entry did not fit.
  uint64_t waste;
  /// The time of the next search for expired entries, ms of the store's clock: when the first
  /// expires, or a little later where the slab was searched just before.
  uint64_t nextSweep;
  /// The next unused slot; only for an unused one.
  uint32_t nextUnused;
  /// Whether it was taken in small pages, because no huge page was ready.
  bool smallPages;

  void begin(char* memory, uint64_t memoryBytes, bool ofSmallPages);
  void end() { base.store(nullptr, std::memory_order_relaxed); }

  char* start() const { return base.load(std::memory_order_relaxed); }
  bool used() const { return start() != nullptr; }
  /// The bytes that compaction would leave at the slab's end: dead entries and what was never
  /// written.
  uint64_t reclaimable() const { return bytes - live; }
};

class SlabTable {
 public:
  SlabTable(BudgetedMemory& memory, const Layout& layout);
  ~SlabTable();
  SlabTable(const SlabTable&) = delete;
  SlabTable& operator=(const SlabTable&) = delete;

  /// Makes the tables large enough for a budget; returns false when their memory is refused.
  bool reserve(uint64_t maxBytes);

  /// The bytes that reserve() would have to take for a budget.
  uint64_t growthFor(uint64_t maxBytes) const;

  /// Adds a fresh slab for many entries; returns 0 when there is no memory or no slot.
  uint32_t add();
  /// Takes over the mapping of one entry of `bytes`. Returns 0 when there is no slot: then the
  /// mapping still belongs to the caller.
  uint32_t adoptLarge(void* mapping, uint64_t bytes);
  bool hasLargeSlot() const { return !isFull(large_); }
  /// Removes the mapping of a large entry from the table and returns it; it then belongs to the
  /// caller.
  void* detachLarge(uint32_t number);
  void remove(uint32_t number);
  void removeAll();

  /// The number of slabs that were taken in small pages.
  uint64_t ofSmallPages() const { return ofSmallPages_; }
  /// The first slab that was taken in small pages; 0 when there is none.
  uint32_t firstOfSmallPages() const;
  /// Moves all that lies in a slab to `memory`, of its size and in huge pages. Returns the old
  /// memory, which the caller MUST give back. All stripes MUST be held.
  void* moveTo(void* memory, uint32_t number);

  static bool isLarge(uint32_t number) { return number >= kFirstLarge; }
  Slab& operator[](uint32_t number) {
    return isLarge(number) ? large_.slots[number - kFirstLarge] : slabs_.slots[number];
  }
  const Slab& operator[](uint32_t number) const {
    return isLarge(number) ? large_.slots[number - kFirstLarge] : slabs_.slots[number];
  }
  /// Numbers of slabs in use are 1 or more and below this.
  uint32_t end() const { return slabs_.end; }
  /// Numbers of large entries in use are kFirstLarge or more and below this.
  uint32_t endOfLarge() const { return kFirstLarge + large_.end; }

  Entry* at(Address address) const {
    if (isLarge(address)) return entryAt(large_.slots[address - kFirstLarge].start());
    return entryAt(slabs_.slots[address >> offsetBits_].start() + offsetOf(address));
  }
  /// Prefetches the header of an entry that may already be removed together with its slab; the
  /// address may be nowhere.
  void prefetchHeader(Address address) const {
    const bool large = isLarge(address);
    const Slab& slab =
        large ? large_.slots[address - kFirstLarge] : slabs_.slots[address >> offsetBits_];
    const char* const start = slab.start();
    if (start != nullptr) prefetch(start + (large ? 0 : offsetOf(address)));
  }
  uint32_t numberOf(Address address) const {
    return isLarge(address) ? address : address >> offsetBits_;
  }
  Address addressOf(uint32_t number, uint64_t offset) const {
    return number << offsetBits_ | static_cast<Address>(offset / kEntryAlignment);
  }

  /// The bytes of the slabs that there are slots for.
  uint64_t slabCapacity() const { return (slabs_.capacity - 1) * layout_.slabBytes; }

  /// The bytes that are mapped for the tables themselves.
  uint64_t tableBytes() const { return bytesOf(slabs_) + bytesOf(large_); }

 private:
  struct Slots {
    Slab* slots = nullptr;
    uint64_t capacity = 0;
    uint32_t end = 0;
    /// The first unused slot; kNone when all below `end` are used.
    uint32_t firstUnused = kNone;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  uint64_t offsetOf(Address address) const {
    return uint64_t{address & offsetMask_} * kEntryAlignment;
  }
  static Entry* entryAt(char* bytes) { return reinterpret_cast<Entry*>(bytes); }
  uint64_t bytesOf(const Slots& slots) const {
    return memory_.wholePages(slots.capacity * sizeof(Slab));
  }
  bool reserve(Slots& slots, uint64_t wanted);
  uint64_t growthOf(const Slots& slots, uint64_t wanted) const;
  static bool isFull(const Slots& slots) {
    return slots.firstUnused == kNone && slots.end == slots.capacity;
  }
  /// Returns the index of a slot for memory of `bytes`. The slots MUST NOT be full.
  uint32_t begin(Slots& slots, SlabMemory taken, uint64_t bytes);
  /// Marks the slot as unused.
  void endSlot(uint32_t number);
  void removeAllOf(Slots& slots, uint32_t first);

  BudgetedMemory& memory_;
  Layout layout_;
  unsigned offsetBits_;
  uint32_t offsetMask_;
  /// Slot 0 stays empty, so that address 0 is nowhere.
  Slots slabs_;
  Slots large_;
  uint32_t ofSmallPages_ = 0;
};

}  // namespace ebbcache
