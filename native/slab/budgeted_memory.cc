#include "slab/budgeted_memory.h"

namespace ebbcache {

BudgetedMemory::BudgetedMemory(MemorySource& source, uint64_t budget)
    : source_(source), pageMask_(source.pageBytes() - 1), budget_(budget) {}

void* BudgetedMemory::take(uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  if (whole == 0 || !fits(whole)) return nullptr;
  void* const memory = source_.map(static_cast<size_t>(whole));
  if (memory == nullptr) {
    ++refusals_;
    return nullptr;
  }
  held_ += whole;
  return memory;
}

void BudgetedMemory::give(void* memory, uint64_t bytes) {
  const uint64_t whole = wholePages(bytes);
  source_.unmap(memory, static_cast<size_t>(whole));
  held_ -= whole;
}

}  // namespace ebbcache
