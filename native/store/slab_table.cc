#include "store/slab_table.h"

#include <cstring>

namespace ebbcache {

SlabTable::SlabTable(BudgetedMemory& memory, const Layout& layout)
    : memory_(memory),
      layout_(layout),
      offsetBits_(layout.offsetBits()),
      offsetMask_((uint32_t{1} << offsetBits_) - 1) {}

SlabTable::~SlabTable() {
  removeAll();
  if (slabs_ != nullptr) memory_.give(slabs_, capacity_ * sizeof(Slab));
}

bool SlabTable::reserve(uint64_t maxBytes) {
  const uint64_t wanted = layout_.slabSlots(maxBytes);
  if (wanted <= capacity_) return true;
  auto* const larger = static_cast<Slab*>(memory_.take(wanted * sizeof(Slab)));
  if (larger == nullptr) return false;
  if (slabs_ != nullptr) {
    std::memcpy(larger, slabs_, end_ * sizeof(Slab));
    memory_.give(slabs_, capacity_ * sizeof(Slab));
  }
  slabs_ = larger;
  capacity_ = wanted;
  return true;
}

uint32_t SlabTable::add(uint64_t bytes, bool single) {
  if (firstUnused_ == 0 && end_ == capacity_) return 0;
  auto* const base = static_cast<char*>(memory_.take(bytes));
  if (base == nullptr) return 0;
  uint32_t number = firstUnused_;
  if (number != 0) {
    firstUnused_ = slabs_[number].nextUnused;
  } else {
    number = end_++;
  }
  slabs_[number] = Slab{base, memory_.wholePages(bytes), 0, 0, kNeverExpires, 0, single};
  return number;
}

void SlabTable::remove(uint32_t number) {
  Slab& slab = slabs_[number];
  memory_.give(slab.base, slab.bytes);
  slab = Slab{};
  slab.nextUnused = firstUnused_;
  firstUnused_ = number;
}

void SlabTable::removeAll() {
  for (uint32_t number = 1; number < end_; ++number) {
    if (slabs_[number].used()) memory_.give(slabs_[number].base, slabs_[number].bytes);
  }
  end_ = 1;
  firstUnused_ = 0;
}

}  // namespace ebbcache
