#include "slab/budgeted_memory.h"

namespace ebbcache {

void* BudgetedMemory::take(uint64_t bytes) {
  return takeBy(&MemorySource::mapSmall, bytes);
}

SlabMemory BudgetedMemory::takeSlab(uint64_t bytes) {
  if (!spare_.serves(bytes)) return {takeBy(&MemorySource::map, bytes), false};
  void* const spare = takeSpare(bytes);
  if (spare != nullptr) return {spare, false};
  return {takeBy(&MemorySource::mapSmall, bytes), true};
}

void* BudgetedMemory::takeSpare(uint64_t bytes) {
  void* const spare = spare_.take(bytes);
  if (spare != nullptr) taken_ += bytes;
  return spare;
}

void* BudgetedMemory::takeBy(void* (MemorySource::*map)(size_t), uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  if (whole == 0 || !fits(whole)) return nullptr;
  if (held() + whole > budget_) spare_.drop();
  void* const memory = (source_.*map)(static_cast<size_t>(whole));
  if (memory == nullptr) {
    ++refusals_;
    return nullptr;
  }
  taken_ += whole;
  return memory;
}

void BudgetedMemory::give(void* memory, uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  source_.unmap(memory, static_cast<size_t>(whole));
  taken_ -= whole;
}

}  // namespace ebbcache
