// The store's slabs of huge pages: made ahead of need, or moved into later.

#include <utility>

#include "store/store.h"

namespace ebbcache {

void Store::orderSpare() {
  spareIsDue_ = false;
  const uint64_t bytes = arena_->layout.slabBytes;
  if (heldBack_ || !memory_.mayOrderSpare(bytes) || !mayGrow(bytes)) return;
  memory_.orderSpare(bytes);
}

void Store::upgradeOneSlab() {
  const std::lock_guard<std::mutex> lock(mutex_);
  // While puts take slabs, the spare one is for them.
  if (std::exchange(tookSlab_, false)) return;
  SlabTable& slabs = arena_->slabs;
  const uint32_t number = slabs.firstOfSmallPages();
  if (number == 0) return;
  const uint64_t bytes = arena_->layout.slabBytes;
  void* const spare = memory_.takeSpare(bytes);
  if (spare != nullptr) {
    const auto moved = [&] {
      // Readers write too: the links of entries that were hit.
      const AllStripes stripes(stripes_);
      return slabs.moveTo(spare, number);
    };
    memory_.give(moved(), bytes);
  }
  orderSpare();
}

}  // namespace ebbcache
