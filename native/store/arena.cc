#include "store/arena.h"

#include "store/ghost_queue.h"

namespace ebbcache {

std::unique_ptr<Arena> Arena::make(BudgetedMemory& memory, const Layout& layout, uint64_t maxBytes,
                                   Policy policy, const KeyHash& hash, StripeLocks& stripes) {
  std::unique_ptr<Arena> arena(new Arena(memory, layout, policy, hash, stripes));
  return arena->reserve(maxBytes) ? std::move(arena) : nullptr;
}

Arena::Arena(BudgetedMemory& memory, const Layout& layoutOfAll, Policy kind, const KeyHash& hash,
             StripeLocks& stripes)
    : layout(layoutOfAll),
      slabs(memory, layout),
      log(slabs, layout, *this),
      index(memory, slabs, layout, hash, stripes),
      policy(makePolicy(kind, slabs, memory)),
      hash_(hash),
      stripes_(stripes) {}

bool Arena::reserve(uint64_t maxBytes) {
  const bool reserved = slabs.reserve(maxBytes) && index.reserve(maxBytes);
  // One of the two may have grown although the other was refused.
  fixedTableBytes_ = slabs.tableBytes() + index.directoryBytes();
  if (!reserved) return false;
  policy->reserve(maxBytes);
  return true;
}

uint64_t Arena::prepareMove(Address address) {
  const uint64_t hash = hash_(slabs.at(address));
  index.prefetchBucket(hash);
  policy->prepareMove(address);
  return hash;
}

void Arena::move(Address from, Address to, uint64_t hash) {
  const WriterStripe stripe(stripes_, hash);
  policy->move(from, to);
  index.moved(hash, from, to);
}

void Arena::forget(Address address, uint64_t hash) {
  index.remove(hash, address);
  log.markDead(address);
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

uint64_t Arena::tableBytesFor(const BudgetedMemory& memory, const Layout& layout,
                              uint64_t maxBytes) {
  return memory.wholePages(layout.slabSlots(maxBytes) * sizeof(Slab)) +
         memory.wholePages(layout.largeSlots(maxBytes) * sizeof(Slab)) +
         memory.wholePages(HashIndex::directoryBytesFor(layout, maxBytes)) + layout.indexChunkBytes;
}

}  // namespace ebbcache
