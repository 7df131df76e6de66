// The slab that a store has made ahead of need; its bytes are held from the order on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "slab/slab_supply.h"

namespace ebbcache {

/// It is not thread-safe: the store's mutex MUST be held. Only the supply's thread works beside it,
/// and only makes a slab in the making ready, or sets it to none where the system refuses it.
class SpareSlab {
 public:
  /// Without a supply there is never a slab. `whenReady` is called on the supply's thread.
  SpareSlab(MemorySource& source, SlabSupply* supply, std::function<void()> whenReady)
      : source_(source), supply_(supply), order_(source, std::move(whenReady)) {}
  ~SpareSlab() { end(); }
  SpareSlab(const SpareSlab&) = delete;
  SpareSlab& operator=(const SpareSlab&) = delete;

  /// Whether slabs of `bytes` are made ahead: those whose first touch can be long.
  bool serves(uint64_t bytes) const {
    const size_t huge = supply_ != nullptr ? source_.hugePageBytes() : 0;
    return huge != 0 && bytes % huge == 0;
  }
  /// Orders a slab. There MUST be none, and serves(bytes) MUST be true.
  void order(uint64_t bytes) { supply_->order(order_, static_cast<size_t>(bytes)); }
  /// Returns the slab, which is then no longer held; null unless one of `bytes` is ready.
  void* take(uint64_t bytes) {
    return ready() && order_.bytes() == bytes ? order_.collect() : nullptr;
  }
  /// Gives a ready slab back.
  void drop() {
    if (ready()) source_.unmap(order_.collect(), order_.bytes());
  }
  /// Gives the slab back unless it is being made; does not wait.
  void withdraw();
  /// Gives the slab back in any state, and waits for one in the making; returns false when there
  /// was none.
  bool release();
  /// Does the same as release(); on return whenReady is not and will not be called. The caller MUST
  /// NOT hold a lock that whenReady takes.
  void end();

  bool none() const { return order_.state() == SlabOrder::State::kNone; }
  bool ready() const { return order_.state() == SlabOrder::State::kReady; }
  /// The bytes of a slab that is ready or in the making.
  uint64_t heldBytes() const { return none() ? 0 : order_.bytes(); }
  /// The bytes of a slab in the making, which leave no room for anything else.
  uint64_t pendingBytes() const {
    return order_.state() == SlabOrder::State::kInTheMaking ? order_.bytes() : 0;
  }

 private:
  MemorySource& source_;
  SlabSupply* supply_;
  SlabOrder order_;
};

}  // namespace ebbcache
