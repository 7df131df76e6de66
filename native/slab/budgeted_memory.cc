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
  if (spare != nullptr) taken_.fetch_add(bytes, std::memory_order_relaxed);
  return spare;
}

void* BudgetedMemory::takeBy(void* (MemorySource::*map)(size_t), uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  if (whole == 0 || !fits(whole)) return nullptr;
  if (held() + whole > budget()) spare_.drop();
  void* const memory = (source_.*map)(static_cast<size_t>(whole));
  if (memory == nullptr) {
    refusals_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  taken_.fetch_add(whole, std::memory_order_relaxed);
  return memory;
}

void BudgetedMemory::release(void* memory, uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  if (!pins_.retire(memory, whole)) unmap(memory, whole);
}

void BudgetedMemory::unpin(void* memory) {
  const uint64_t retired = pins_.unpin(memory);
  if (retired == 0) return;
  unmap(memory, retired);
  pins_.unmapped(retired);
}

bool BudgetedMemory::setAside(uint64_t bytes) {
  if (bytes > asideBytes_ && !fits(bytes - asideBytes_)) return false;
  taken_.store(taken() + bytes - asideBytes_, std::memory_order_relaxed);
  asideBytes_ = bytes;
  return true;
}

void BudgetedMemory::unmap(void* memory, uint64_t whole) {
  source_.unmap(memory, static_cast<size_t>(whole));
  taken_.fetch_sub(whole, std::memory_order_relaxed);
}

}  // namespace ebbcache
