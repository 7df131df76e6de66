#include "store/arena.h"

#include "store/ghost_queue.h"

namespace ebbcache {

std::unique_ptr<Arena> Arena::make(BudgetedMemory& memory, const Layout& layout, uint64_t maxBytes,
                                   Policy policy) {
  std::unique_ptr<Arena> arena(new Arena(memory, layout, policy));
  return arena->reserve(maxBytes) ? std::move(arena) : nullptr;
}

Arena::Arena(BudgetedMemory& memory, const Layout& layoutOfAll, Policy kind)
    : layout(layoutOfAll),
      slabs(memory, layout),
      log(slabs, layout, *this),
      index(memory, slabs, layout),
      policy(makePolicy(kind, slabs, memory)) {}

bool Arena::reserve(uint64_t maxBytes) {
  if (!slabs.reserve(maxBytes) || !index.reserve(maxBytes)) return false;
  policy->reserve(maxBytes);
  return true;
}

void Arena::moved(Address from, Address to) {
  index.moved(from, to);
  policy->moved(from, to);
}

void Arena::forget(Address address) {
  index.remove(address);
  log.release(address);
}

void Arena::clear() {
  policy->clear();
  index.clear();
  log.clear();
}

void Arena::contractTables() {
  index.contract();
  policy->contract();
}

uint64_t Arena::tableBytesFor(const Layout& layout, uint64_t maxBytes) {
  constexpr uint64_t kLargestPageBytes = uint64_t{64} << 10;
  return layout.slabSlots(maxBytes) * sizeof(Slab) +
         layout.indexChunks(maxBytes) * sizeof(Address*) + layout.indexChunkBytes +
         2 * kLargestPageBytes;
}

uint64_t Arena::tableBytes() const {
  return slabs.tableBytes() + index.indexBytes() + policy->tableBytes();
}

uint64_t Arena::emptyTableBytes() const {
  return slabs.tableBytes() + index.indexBytesWhenEmpty();
}

}  // namespace ebbcache
