#include "store/slab_upgrader.h"

#include <utility>

namespace ebbcache {

void SlabUpgrader::orderSpare() {
  orderedFor_ = allocator_.slabsTaken();
  const uint64_t bytes = core_.arena->layout.slabBytes;
  // Puts need room for a slab beside the spare one, or can do without the spare one.
  const uint64_t beside = bytes - allocator_.keptForUpgrades();
  if (allocator_.isGrowthDenied() || !core_.memory.mayOrderSpare(bytes, beside)) return;
  if (core_.mayGrow(bytes)) core_.memory.orderSpare(bytes);
}

bool SlabUpgrader::upgradeOne() {
  // While puts take slabs, the spare one is kept for them.
  const uint64_t taken = allocator_.slabsTaken();
  if (std::exchange(seenTaken_, taken) != taken) return true;
  SlabTable& slabs = core_.arena->slabs;
  const uint32_t number = slabs.firstOfSmallPages();
  if (number == 0) return false;
  const uint64_t bytes = core_.arena->layout.slabBytes;
  void* const spare = core_.memory.takeSpare(bytes);
  const bool moves = spare != nullptr;
  if (moves) {
    const auto moved = [&] {
      // Readers write too: to the links of entries that were hit.
      const AllStripes stripes(core_.stripes);
      return slabs.moveTo(spare, number);
    };
    core_.memory.release(moved(), bytes);
  }
  orderSpare();
  return moves || core_.memory.hasSpare();
}

}  // namespace ebbcache
