// The one gate through which a store takes memory: what it holds never passes its budget.
#pragma once

#include <cstddef>
#include <cstdint>

#include "slab/memory_source.h"

namespace ebbcache {

/// Counts what is held of a source. Not thread-safe: its store's lock guards it.
class BudgetedMemory {
 public:
  BudgetedMemory(MemorySource& source, uint64_t budget);

  /// Whole pages for `bytes`, zeroed. Null when that would pass the budget or the system refuses;
  /// the latter is counted.
  void* take(uint64_t bytes);
  /// Gives back what take(bytes) returned.
  void give(void* memory, uint64_t bytes);

  bool fits(uint64_t bytes) const { return bytes <= budget_ && held_ <= budget_ - bytes; }
  /// `bytes` in whole pages: what take(bytes) really holds.
  uint64_t wholePages(uint64_t bytes) const { return (bytes + pageMask_) & ~pageMask_; }

  uint64_t held() const { return held_; }
  uint64_t budget() const { return budget_; }
  void setBudget(uint64_t bytes) { budget_ = bytes; }
  /// Requests that the system refused.
  uint64_t refusals() const { return refusals_; }

 private:
  MemorySource& source_;
  uint64_t pageMask_;
  uint64_t budget_;
  uint64_t held_ = 0;
  uint64_t refusals_ = 0;
};

}  // namespace ebbcache
