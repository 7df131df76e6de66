// The one gate through which a store takes memory: what it holds never passes its budget.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "slab/memory_source.h"
#include "slab/pinned_mappings.h"
#include "slab/spare_slab.h"

namespace ebbcache {

struct SlabMemory {
  /// Null when refused.
  void* memory;
  /// Because no huge page was ready.
  bool smallPages;
};

/// Counts what is held of a source. Its store's lock guards it, but for what any thread may call:
/// unpin(), waitForReaders() and the numbers held(), budget(), retiredBytes() and refusals().
///
/// With a supply, one slab is made ahead of need. It counts as held, but one that is ready is
/// released where anything else needs its room.
class BudgetedMemory {
 public:
  /// `whenSpareIsReady` is called on the supply's thread, with no lock held.
  BudgetedMemory(
      MemorySource& source, uint64_t budget, SlabSupply* supply = nullptr,
      std::function<void()> whenSpareIsReady = [] {})
      : source_(source),
        pageMask_(source.pageBytes() - 1),
        budget_(budget),
        spare_(source, supply, std::move(whenSpareIsReady)) {}

  /// Whole small pages for `bytes`, zeroed. Null when that would pass the budget or the system
  /// refuses; the latter is counted.
  void* take(uint64_t bytes);
  /// The same for a slab, in huge pages; where there is a supply, which is never waited for, those
  /// of the spare one, or small pages.
  SlabMemory takeSlab(uint64_t bytes);
  /// The spare slab, and nothing else; null when none of so many bytes is ready.
  void* takeSpare(uint64_t bytes);
  /// Gives back to the system what any of them returned; where it is pinned, the last unpin() does.
  void release(void* memory, uint64_t bytes);

  /// Keeps what take() returned mapped until unpin(), even if it is given back meanwhile. False
  /// when too much is pinned. The caller holds a lock under which it is given back.
  bool pin(const void* memory) { return pins_.pin(memory); }
  void unpin(void* memory);
  /// What was given back and is held until it is unpinned.
  uint64_t retiredBytes() const { return pins_.retiredBytes(); }
  /// Returns when as much is unmapped as that is now. The caller MUST NOT hold a lock that the
  /// readers take.
  void waitForReaders() { pins_.waitForReaders(); }

  /// Whether a spare slab of so many bytes is to be had, and leaves room for `beside` more.
  bool mayOrderSpare(uint64_t bytes, uint64_t beside) const {
    return spare_.serves(bytes) && spare_.none() && fits(bytes + beside);
  }
  /// mayOrderSpare() holds.
  void orderSpare(uint64_t bytes) { spare_.order(bytes); }
  /// Ready or in the making.
  bool hasSpare() const { return !spare_.none(); }
  /// Gives back a spare slab that is ready or not begun.
  void withdrawSpare() { spare_.withdraw(); }
  /// Gives back a spare slab, and waits for one in the making; false when there was none.
  bool releaseSpare() { return spare_.release(); }
  /// releaseSpare(), and there will be none. The caller MUST NOT hold a lock that whenSpareIsReady
  /// takes.
  void endSupply() { spare_.end(); }

  bool fits(uint64_t bytes) const {
    return bytes <= budget() && taken() + spare_.pendingBytes() <= budget() - bytes;
  }
  /// `bytes` in whole pages: what take(bytes) really holds.
  uint64_t wholePages(uint64_t bytes) const { return (bytes + pageMask_) & ~pageMask_; }

  /// What is held, but for the spare slab.
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  uint64_t held() const { return taken() + spare_.heldBytes(); }
  /// What is held once a slab is taken.
  uint64_t heldWithSlab(uint64_t bytes) const { return held() + (spare_.ready() ? 0 : bytes); }
  uint64_t budget() const { return budget_.load(std::memory_order_relaxed); }
  void setBudget(uint64_t bytes) { budget_.store(bytes, std::memory_order_relaxed); }
  /// Requests that the system refused.
  uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  void* takeBy(void* (MemorySource::*map)(size_t), uint64_t bytes);
  void unmap(void* memory, uint64_t whole);

  MemorySource& source_;
  uint64_t pageMask_;
  std::atomic<uint64_t> budget_;
  /// Held, but for the spare slab.
  std::atomic<uint64_t> taken_{0};
  std::atomic<uint64_t> refusals_{0};
  PinnedMappings pins_;
  SpareSlab spare_;
};

}  // namespace ebbcache
