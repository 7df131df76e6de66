#include "store/slab_table.h"

#include <cstring>

namespace ebbcache {

void Slab::begin(char* memory, uint64_t memoryBytes, bool ofSmallPages) {
  base.store(memory, std::memory_order_relaxed);
  bytes = memoryBytes;
  smallPages = ofSmallPages;
  tail = live = waste = 0;
  nextSweep = kNeverExpires;
}

SlabTable::SlabTable(BudgetedMemory& memory, const Layout& layout)
    : memory_(memory),
      layout_(layout),
      offsetBits_(layout.offsetBits()),
      offsetMask_((uint32_t{1} << offsetBits_) - 1) {
  slabs_.end = 1;
}

SlabTable::~SlabTable() {
  removeAll();
  for (const Slots* each : {&slabs_, &large_}) {
    if (each->slots != nullptr) memory_.release(each->slots, each->capacity * sizeof(Slab));
  }
}

bool SlabTable::reserve(uint64_t maxBytes) {
  return reserve(slabs_, layout_.slabSlots(maxBytes)) &&
         reserve(large_, layout_.largeSlots(maxBytes));
}

uint64_t SlabTable::growthFor(uint64_t maxBytes) const {
  return growthOf(slabs_, layout_.slabSlots(maxBytes)) +
         growthOf(large_, layout_.largeSlots(maxBytes));
}

uint64_t SlabTable::growthOf(const Slots& slots, uint64_t wanted) const {
  return wanted <= slots.capacity ? 0 : memory_.wholePages(wanted * sizeof(Slab));
}

bool SlabTable::reserve(Slots& slots, uint64_t wanted) {
  if (wanted <= slots.capacity) return true;
  auto* const larger = static_cast<Slab*>(memory_.take(wanted * sizeof(Slab)));
  if (larger == nullptr) return false;
  if (slots.slots != nullptr) {
    std::memcpy(static_cast<void*>(larger), slots.slots, slots.end * sizeof(Slab));
    memory_.release(slots.slots, slots.capacity * sizeof(Slab));
  }
  slots.slots = larger;
  slots.capacity = wanted;
  return true;
}

uint32_t SlabTable::begin(Slots& slots, SlabMemory taken, uint64_t bytes) {
  uint32_t index = slots.firstUnused;
  if (index != kNone) {
    slots.firstUnused = slots.slots[index].nextUnused;
  } else {
    index = slots.end++;
  }
  slots.slots[index].begin(static_cast<char*>(taken.memory), memory_.wholePages(bytes),
                           taken.smallPages);
  if (taken.smallPages) ++ofSmallPages_;
  return index;
}

uint32_t SlabTable::add() {
  if (isFull(slabs_)) return 0;
  const SlabMemory taken = memory_.takeSlab(layout_.slabBytes);
  return taken.memory == nullptr ? 0 : begin(slabs_, taken, layout_.slabBytes);
}

uint32_t SlabTable::adoptLarge(void* mapping, uint64_t bytes) {
  return isFull(large_) ? 0 : kFirstLarge + begin(large_, {mapping, false}, bytes);
}

void* SlabTable::detachLarge(uint32_t number) {
  void* const mapping = (*this)[number].start();
  endSlot(number);
  return mapping;
}

void SlabTable::remove(uint32_t number) {
  const Slab& slab = (*this)[number];
  memory_.release(slab.start(), slab.bytes);
  if (slab.smallPages) --ofSmallPages_;
  endSlot(number);
}

void SlabTable::endSlot(uint32_t number) {
  Slots& slots = isLarge(number) ? large_ : slabs_;
  Slab& slab = (*this)[number];
  slab.end();
  slab.nextUnused = slots.firstUnused;
  slots.firstUnused = isLarge(number) ? number - kFirstLarge : number;
}

void SlabTable::removeAll() {
  removeAllOf(slabs_, 1);
  removeAllOf(large_, 0);
}

void SlabTable::removeAllOf(Slots& slots, uint32_t first) {
  for (uint32_t index = first; index < slots.end; ++index) {
    if (slots.slots[index].used())
      memory_.release(slots.slots[index].start(), slots.slots[index].bytes);
  }
  slots.end = first;
  slots.firstUnused = kNone;
  if (&slots == &slabs_) ofSmallPages_ = 0;
}

uint32_t SlabTable::firstOfSmallPages() const {
  if (ofSmallPages_ == 0) return 0;
  uint32_t number = 1;
  while (!slabs_.slots[number].used() || !slabs_.slots[number].smallPages) ++number;
  return number;
}

void* SlabTable::moveTo(void* memory, uint32_t number) {
  Slab& slab = slabs_.slots[number];
  char* const before = slab.start();
  std::memcpy(memory, before, slab.tail);
  slab.base.store(static_cast<char*>(memory), std::memory_order_relaxed);
  if (slab.smallPages) --ofSmallPages_;
  slab.smallPages = false;
  return before;
}

}  // namespace ebbcache
