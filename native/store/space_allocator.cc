#include "store/space_allocator.h"

#include <algorithm>

namespace ebbcache {
namespace {

/// The maximum of bytes that one put evicts ahead of need. Where much is to be evicted at once,
/// because a store may not grow any more or its index takes a slab's room, the eviction is spread
/// over the next puts.
uint64_t maxEvictedFor(uint64_t bytes) {
  constexpr uint64_t kMin = uint64_t{64} << 10;
  constexpr uint64_t kPerByte = 4;
  return std::max(kPerByte * bytes, kMin);
}

/// A store that may not grow asks again after this many bytes, where its slabs are smaller: asking
/// takes some microseconds.
constexpr uint64_t kMinBetweenAsks = uint64_t{256} << 10;

/// One in this many slabs may have small pages: reads of all entries are a hundredth slower then.
constexpr uint64_t kShareOfSmallPages = 32;
/// A store with fewer slabs cannot spare one.
constexpr uint64_t kFewSlabs = 16;

}  // namespace

// ---------------------------------------------------------------- what fits

uint64_t SpaceAllocator::liveLimit(uint64_t budget, uint64_t largeBytes) const {
  const Arena& arena = *core_.arena;
  const uint64_t room = less(less(budget, arena.tableBytes()), largeBytes);
  const uint64_t slabs = std::min(room & ~(arena.layout.slabBytes - 1), arena.slabs.slabCapacity());
  return less(slabs, slack_.within(slabs, arena.layout) + arena.log.wastedBytes());
}

bool SpaceAllocator::canEverFit(uint64_t entryBytes) const {
  const Arena& arena = *core_.arena;
  const bool shares = entryBytes <= arena.layout.largestInSlab;
  if (shares && arena.log.sharedBytes() > 0) return true;
  const uint64_t room = less(core_.budget(), arena.emptyTableBytes());
  return shares ? arena.layout.slabBytes <= room : core_.memory.wholePages(entryBytes) <= room;
}

uint64_t SpaceAllocator::largestEntry() const {
  const Arena& arena = *core_.arena;
  // A slab that exists takes entries up to its own size, however small the budget is.
  const uint64_t shared = arena.log.sharedBytes() > 0 ? arena.layout.largestInSlab : 0;
  return std::max(shared, less(core_.budget(), arena.emptyTableBytes()));
}

bool SpaceAllocator::hasSlabSlot() const {
  return core_.arena->log.sharedBytes() < core_.arena->slabs.slabCapacity();
}

uint64_t SpaceAllocator::keptForUpgrades() const {
  const Arena& arena = *core_.arena;
  const uint64_t bytes = arena.layout.slabBytes;
  const uint64_t slabs = arena.log.sharedBytes() / bytes;
  const bool kept = slabs >= kFewSlabs && arena.slabs.ofSmallPages() * kShareOfSmallPages > slabs;
  return kept ? bytes : 0;
}

// ---------------------------------------------------------------- entries in slabs

bool SpaceAllocator::makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newLargeBytes,
                                  uint64_t maxEvicted) {
  Arena& arena = *core_.arena;
  const uint64_t liveBefore = arena.liveBytes();
  const auto fits = [&] {
    return arena.log.sharedLiveBytes() + bytes <=
           liveLimit(budget, core_.largeBytes() + newLargeBytes);
  };
  // The tables' memory that evicted entries leave unused is room too: it is given back during the
  // evictions, not after them.
  const auto contractBelow = [&] { return arena.index.count() - arena.index.count() / 8; };
  for (uint64_t below = contractBelow(); !fits();) {
    if (liveBefore - arena.liveBytes() >= maxEvicted) return true;
    if (arena.index.count() < below || arena.index.count() == 0) {
      arena.contractTables();
      if (arena.index.count() == 0) return fits();
      below = contractBelow();
    } else if (!evictor_.evictOne()) {
      return false;
    }
  }
  return true;
}

Address SpaceAllocator::allocateShared(uint64_t bytes) {
  Arena& arena = *core_.arena;
  const Layout& layout = arena.layout;
  EntryLog& log = arena.log;
  SlabRequest request;
  request.heldBefore = core_.memory.held();
  slack_.follow(bytes);
  // A store that may not grow makes room within what it holds, a little with each put.
  const bool heldBack = growthDenied_ && log.sharedBytes() > layout.slabBytes;
  appendedSinceAsked_ += bytes;
  const uint64_t mayHold = heldBack ? std::min(core_.budget(), request.heldBefore)
                                    : less(core_.budget(), keptForUpgrades());
  if (!makeLiveRoom(bytes, mayHold, 0, maxEvictedFor(bytes)) && !heldBack) return kNowhere;
  for (;;) {
    const Address address = log.append(bytes);
    if (address != kNowhere) return address;
    // The store may be allowed to grow again; it asks once for each slab's bytes.
    const bool asksAgain = (heldBack || !hasSlabSlot()) &&
                           appendedSinceAsked_ >= std::max(layout.slabBytes, kMinBetweenAsks);
    if (asksAgain && openFreshSlab(request)) continue;
    if (fillsGaps() && log.openEmptiest(bytes)) continue;

    const uint64_t live = log.sharedLiveBytes() + bytes;
    if (live <= liveWorthCompacting(log.sharedBytes(), layout) && log.openCompacted(bytes)) {
      continue;
    }
    if (openFreshSlab(request)) continue;
    const uint64_t slack = slack_.within(log.sharedBytes(), layout);
    if (live <= less(log.sharedBytes(), slack + log.wastedBytes()) &&
        (log.openCompacted(bytes) || log.openEvacuated())) {
      continue;
    }
    // All bytes that are needed are evicted at once: a search for room costs more than an eviction.
    for (const uint64_t before = arena.liveBytes(); before - arena.liveBytes() < bytes;) {
      if (evictor_.evictOne()) continue;
      // Only a slab in the making is left, which is worth waiting for.
      if (!core_.memory.releaseSpare()) return kNowhere;
      break;
    }
  }
}

bool SpaceAllocator::openFreshSlab(SlabRequest& request) {
  const uint64_t slabBytes = core_.arena->layout.slabBytes;
  const uint64_t heldThen = core_.memory.heldWithSlab(slabBytes);
  if (heldThen + keptForUpgrades() > core_.memory.budget()) return false;
  if (heldThen >= request.refusedAt) return false;
  if (!hasSlabSlot() && !addsSlots()) return false;
  // The bytes that were held before may be held again without asking. The store asks for more only
  // once, because the answer costs a reading of the machine's memory.
  const bool grows = heldThen > request.heldBefore;
  if (grows && request.asked) return false;
  growthDenied_ = false;
  if (grows) {
    request.asked = true;
    if (!asksToGrow(slabBytes)) return false;
  }
  if (core_.arena->log.openFresh()) {
    ++slabsTaken_;
    return true;
  }
  request.refusedAt = heldThen;
  growthDenied_ = true;
  return false;
}

bool SpaceAllocator::addsSlots() {
  const uint64_t maxBytes = core_.maxBytes.load(std::memory_order_relaxed);
  const uint64_t bytes = core_.arena->growthFor(maxBytes);
  if (bytes == 0 || !core_.memory.fits(bytes) || !asksToGrow(bytes)) return false;
  const AllStripes stripes(core_.stripes);
  const bool added = core_.arena->reserve(maxBytes);
  core_.computeMinBudget();
  return added;
}

bool SpaceAllocator::fillsGaps() {
  const Layout& layout = core_.arena->layout;
  const EntryLog& log = core_.arena->log;
  const bool full =
      growthDenied_ || !hasSlabSlot() || !core_.memory.fits(layout.slabBytes + keptForUpgrades());
  if (full) slack_.observe(log.pass(), log.sharedBytes(), layout);
  return full || log.sharedLiveBytes() <= liveWorthCompacting(log.sharedBytes(), layout);
}

// ---------------------------------------------------------------- links in the index

void SpaceAllocator::makeIndexRoom() {
  HashIndex& index = core_.arena->index;
  index.grow();
  if (!index.wantsChunk()) return;
  if (!core_.memory.fits(index.chunkBytes())) {
    const uint64_t rest = less(core_.budget(), index.chunkBytes());
    // The chunk is not worth evicting all entries.
    if (liveLimit(rest, core_.largeBytes()) == 0) return;
    makeLiveRoom(0, rest, 0, maxEvictedFor(0));
    EntryLog& log = core_.arena->log;
    if (log.sharedLiveBytes() > liveLimit(rest, core_.largeBytes())) return;
    log.dropOneSlab();
  }
  // Without the chunk, buckets become fuller and the next put asks again.
  index.addChunk();
}

bool SpaceAllocator::hasIndexRoomFor(uint64_t hash) {
  HashIndex& index = core_.arena->index;
  const auto gets = [&] {
    return index.hasRoomFor(hash) || (core_.memory.fits(index.chunkBytes()) && index.addChunk());
  };
  if (gets()) return true;
  shrinkHeldTo(less(core_.memory.budget(), index.chunkBytes()));
  return gets();
}

Address SpaceAllocator::allocate(uint64_t hash, uint64_t entryBytes) {
  makeIndexRoom();
  for (bool again = false;; again = true) {
    const Address address = allocateShared(entryBytes);
    if (address == kNowhere) return kNowhere;
    HashIndex& index = core_.arena->index;
    const bool mayAdd = core_.memory.fits(index.chunkBytes());
    if (index.hasRoomFor(hash) || (mayAdd && index.addChunk())) return address;
    core_.arena->log.retract(address, entryBytes);
    if (again || !hasIndexRoomFor(hash)) return kNowhere;
  }
}

// ---------------------------------------------------------------- large entries

void* SpaceAllocator::allocateLarge(uint64_t bytes, uint64_t unasked) {
  BudgetedMemory& memory = core_.memory;
  const uint64_t whole = memory.wholePages(bytes);
  const SharedChances chances(*core_.arena->policy, Evictor::chancesFor(bytes));
  makeIndexRoom();
  // Where there are no more slots, a large entry that is evicted leaves its own.
  while (!core_.arena->slabs.hasLargeSlot() && !addsSlots() && evictor_.evictOne()) {
  }
  uint64_t mayHold = memory.budget();
  const uint64_t growth = less(std::min(memory.held() + whole, mayHold), unasked);
  if (growth > 0 && !core_.mayGrow(growth)) mayHold = unasked;
  if (mayHold < whole) return nullptr;
  makeLiveRoom(0, std::min(mayHold, core_.budget()), whole);
  shrinkHeldTo(mayHold - whole);
  if (memory.held() + whole > mayHold) return nullptr;
  void* mapping = memory.take(whole);
  if (mapping == nullptr && memory.held() >= whole) {
    // The system refused: it has as much memory once the store has given that much back.
    shrinkHeldTo(memory.held() - whole);
    mapping = memory.take(whole);
  }
  regrowCredit_ = std::min(less(unasked, memory.held()), core_.arena->layout.slabBytes);
  return mapping;
}

// ---------------------------------------------------------------- giving back

uint64_t SpaceAllocator::shrinkHeldTo(uint64_t target) {
  Arena& arena = *core_.arena;
  BudgetedMemory& memory = core_.memory;
  const uint64_t before = memory.held();
  // No eviction gives back the entry that is being written, or entries that readers still use.
  const auto isAbove = [&] {
    return memory.held() > target + core_.writingBytes + memory.retiredBytes();
  };
  if (!isAbove()) return 0;
  memory.withdrawSpare();
  makeLiveRoom(0, target, 0);
  arena.log.dropEmptySlabs();
  arena.contractTables();
  constexpr uint64_t kContractEvery = 1024;
  for (uint64_t evictions = 0; isAbove();) {
    if (arena.log.dropOneSlab()) continue;
    if (!evictor_.evictOne()) {
      // Only a slab in the making is left, which is worth waiting for.
      (void)memory.releaseSpare();
      break;
    }
    if (++evictions % kContractEvery == 0) arena.contractTables();
  }
  arena.contractTables();
  return less(before, memory.held());
}

}  // namespace ebbcache
