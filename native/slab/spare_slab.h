// The slab that a store has made ahead of need: held from the moment that it is ordered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "slab/slab_supply.h"

namespace ebbcache {

/// Not thread-safe: its store's lock guards it. Only the supply's thread works beside it, and all
/// that this does is to make one in the making ready, or none where the system refuses it.
class SpareSlab {
 public:
  /// With no supply there is never one. `whenReady` is called on the supply's thread.
  SpareSlab(MemorySource& source, SlabSupply* supply, std::function<void()> whenReady)
      : source_(source), supply_(supply), order_(source, std::move(whenReady)) {}
  ~SpareSlab() { end(); }
  SpareSlab(const SpareSlab&) = delete;
  SpareSlab& operator=(const SpareSlab&) = delete;

  /// Whether slabs of so many bytes are made ahead: those whose first touch can be long.
  bool serves(uint64_t bytes) const {
    const size_t huge = supply_ != nullptr ? source_.hugePageBytes() : 0;
    return huge != 0 && bytes % huge == 0;
  }
  /// There is none, and `bytes` are served.
  void order(uint64_t bytes) { supply_->order(order_, static_cast<size_t>(bytes)); }
  /// Null unless one of so many bytes is ready; what is taken is held no more.
  void* take(uint64_t bytes) {
    return ready() && order_.bytes() == bytes ? order_.collect() : nullptr;
  }
  /// Gives back one that is ready.
  void drop() {
    if (ready()) source_.unmap(order_.collect(), order_.bytes());
  }
  /// Gives it back unless it is being made, and does not wait.
  void withdraw();
  /// Gives it back whatever its state, and waits for one in the making; false when there was none.
  bool release();
  /// release(), and on return whenReady is not and will not be called. The caller MUST NOT
  /// hold a lock that whenReady takes.
  void end();

  bool none() const { return order_.state() == SlabOrder::State::kNone; }
  bool ready() const { return order_.state() == SlabOrder::State::kReady; }
  /// Ready or in the making.
  uint64_t heldBytes() const { return none() ? 0 : order_.bytes(); }
  /// In the making: no room for anything else.
  uint64_t pendingBytes() const {
    return order_.state() == SlabOrder::State::kInTheMaking ? order_.bytes() : 0;
  }

 private:
  MemorySource& source_;
  SlabSupply* supply_;
  SlabOrder order_;
};

}  // namespace ebbcache
