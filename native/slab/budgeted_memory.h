// The only place where a store takes memory: the held bytes never pass the budget.
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
  /// The slab; null when refused.
  void* memory;
  /// Whether it is in small pages, because no huge page was ready.
  bool smallPages;
};

/// Counts the bytes that are held of a source. The store's mutex MUST be held for every call,
/// except for those that any thread may make: unpin(), waitForReaders() and the numbers held(),
/// budget(), retiredBytes() and refusals().
///
/// With a supply, one slab is made ahead of need. It counts as held, but a ready one is released
/// where anything else needs its room.
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

  /// Takes whole small pages for `bytes`, zeroed. Returns null when that would pass the budget or
  /// the system refuses; the latter is counted.
  void* take(uint64_t bytes);
  /// Takes a slab, in huge pages. Where there is a supply, which is never waited for, it is the
  /// spare slab, or one in small pages.
  SlabMemory takeSlab(uint64_t bytes);
  /// Takes the spare slab; returns null when none of `bytes` is ready.
  void* takeSpare(uint64_t bytes);
  /// Gives memory of the functions above back to the system; where it is pinned, the last unpin()
  /// does so.
  void release(void* memory, uint64_t bytes);

  /// Keeps memory of take() mapped until unpin(), even if it is given back meanwhile. Returns false
  /// when too many mappings are pinned. The caller MUST hold a lock under which the memory is given
  /// back.
  bool pin(const void* memory) { return pins_.pin(memory); }
  void unpin(void* memory);
  /// The bytes that were given back and are held until they are unpinned.
  uint64_t retiredBytes() const { return pins_.retiredBytes(); }
  /// Waits until as many bytes are unmapped as are retired now. The caller MUST NOT hold a lock
  /// that the readers take.
  void waitForReaders() { pins_.waitForReaders(); }

  /// Whether a spare slab of `bytes` can be ordered, and leaves room for `beside` more.
  bool mayOrderSpare(uint64_t bytes, uint64_t beside) const {
    return spare_.serves(bytes) && spare_.none() && fits(bytes + beside);
  }
  /// Orders a spare slab. mayOrderSpare() MUST be true.
  void orderSpare(uint64_t bytes) { spare_.order(bytes); }
  /// Whether there is a spare slab, ready or in the making.
  bool hasSpare() const { return !spare_.none(); }
  /// Gives back a spare slab that is ready or not begun.
  void withdrawSpare() { spare_.withdraw(); }
  /// Gives back a spare slab, and waits for one in the making; returns false when there was none.
  bool releaseSpare() { return spare_.release(); }
  /// Does the same as releaseSpare(), after which there is never a spare slab again. The caller
  /// MUST NOT hold a lock that whenSpareIsReady takes.
  void endSupply() { spare_.end(); }

  /// Counts bytes that are not of the source as held, in place of those of the last call. Returns
  /// false where they do not fit.
  bool setAside(uint64_t bytes);
  uint64_t asideBytes() const { return asideBytes_; }

  bool fits(uint64_t bytes) const {
    return bytes <= budget() && taken() + spare_.pendingBytes() <= budget() - bytes;
  }
  /// The bytes that take(bytes) really holds: whole pages.
  uint64_t wholePages(uint64_t bytes) const { return (bytes + pageMask_) & ~pageMask_; }

  /// The bytes that are held, without the spare slab.
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  uint64_t held() const { return taken() + spare_.heldBytes(); }
  /// The bytes that are held once a slab is taken.
  uint64_t heldWithSlab(uint64_t bytes) const { return held() + (spare_.ready() ? 0 : bytes); }
  uint64_t budget() const { return budget_.load(std::memory_order_relaxed); }
  void setBudget(uint64_t bytes) { budget_.store(bytes, std::memory_order_relaxed); }
  /// The number of requests that the system refused.
  uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  void* takeBy(void* (MemorySource::*map)(size_t), uint64_t bytes);
  void unmap(void* memory, uint64_t whole);

  MemorySource& source_;
  uint64_t pageMask_;
  std::atomic<uint64_t> budget_;
  /// The bytes that are held, without the spare slab.
  std::atomic<uint64_t> taken_{0};
  /// Those of them that are not of the source.
  uint64_t asideBytes_ = 0;
  std::atomic<uint64_t> refusals_{0};
  PinnedMappings pins_;
  SpareSlab spare_;
};

}  // namespace ebbcache
