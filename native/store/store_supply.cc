// The store's slabs of huge pages: made ahead of need, or moved into later.

#include <utility>

#include "store/store.h"

namespace ebbcache {
namespace {

/// One of so many slabs may be of small pages: reads of all of them are a hundredth slower then.
constexpr uint64_t kShareOfSmallPages = 32;
/// One with fewer slabs cannot spare one.
constexpr uint64_t kFewSlabs = 16;

}  // namespace

uint64_t Store::keptForMoves() const {
  const uint64_t bytes = arena_->layout.slabBytes;
  const uint64_t slabs = arena_->log.sharedBytes() / bytes;
  const bool kept = slabs >= kFewSlabs && arena_->slabs.ofSmallPages() * kShareOfSmallPages > slabs;
  return kept ? bytes : 0;
}

void Store::orderSpare() {
  spareIsDue_ = false;
  const uint64_t bytes = arena_->layout.slabBytes;
  // Puts find room for a slab beside it, or leave it alone.
  const uint64_t beside = bytes - keptForMoves();
  if (growthDenied_ || !memory_.mayOrderSpare(bytes, beside) || !mayGrow(bytes)) return;
  memory_.orderSpare(bytes);
}

bool Store::upgradeOneSlab(const std::unique_lock<std::mutex>& lock) {
  if (!lock) return true;
  // While puts take slabs, the spare one is for them.
  if (std::exchange(tookSlab_, false)) return true;
  SlabTable& slabs = arena_->slabs;
  const uint32_t number = slabs.firstOfSmallPages();
  if (number == 0) return false;
  const uint64_t bytes = arena_->layout.slabBytes;
  void* const spare = memory_.takeSpare(bytes);
  const bool moves = spare != nullptr;
  if (moves) {
    const auto moved = [&] {
      // Readers write too: the links of entries that were hit.
      const AllStripes stripes(stripes_);
      return slabs.moveTo(spare, number);
    };
    memory_.give(moved(), bytes);
  }
  orderSpare();
  return moves || memory_.hasSpare();
}

}  // namespace ebbcache
