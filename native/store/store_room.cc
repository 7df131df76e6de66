// The store's room: evictions, slabs and index chunks within the budget.

#include <algorithm>

#include "store/store.h"

namespace ebbcache {
namespace {

/// Bytes of entries that make way ahead of need in one put. Where much is to go at once, because a
/// store may not grow any more or its index takes a slab's room, that is spread over the puts to
/// come.
uint64_t mostEvicted(uint64_t bytes) {
  constexpr uint64_t kLeast = uint64_t{64} << 10;
  constexpr uint64_t kPerByte = 4;
  return std::max(kPerByte * bytes, kLeast);
}

/// Second chances that the evictions of one put give, for each put and for its bytes: a fraction of
/// a millisecond, and 32 for each entry of a kilobyte that a large one replaces.
constexpr uint64_t kChancesPerPut = 2048;
constexpr uint64_t kBytesPerChance = 32;

/// A store that may not grow asks again after so many bytes, where its slabs are smaller: to ask
/// takes some microseconds.
constexpr uint64_t kLeastBetweenAsks = uint64_t{256} << 10;

}  // namespace

uint64_t Store::chancesFor(uint64_t entryBytes) {
  return kChancesPerPut + entryBytes / kBytesPerChance;
}

bool Store::evictOne() {
  const Address address = arena_->policy->victim();
  if (address == kNowhere) return false;
  if (evictionsPrepared_-- == 0) prepareEvictions(address);
  const Entry* const entry = arena_->slabs.at(address);
  const uint64_t hash = hash_(entry);
  if (EBBCACHE_SELDOM(tellsRemovals())) noteRemoval(*entry, evictsFor_);
  const WriterStripe stripe(stripes_, hash);
  arena_->policy->evicted(address, hash);
  forget(address, hash);
  ++counters_.evictions;
  return true;
}

void Store::prepareEvictions(Address first) {
  constexpr uint32_t kAhead = 8;
  evictionsPrepared_ = kAhead - 1;
  Address at = first;
  for (uint32_t i = 0; i < kAhead && at != kNowhere; ++i) {
    const Entry* const entry = arena_->slabs.at(at);
    at = entry->newer();
    arena_->slabs.prefetchHeader(at);
    const uint64_t hash = hash_(entry);
    arena_->index.prefetchBucket(hash);
    arena_->policy->prepareEviction(hash);
  }
}

uint64_t Store::liveLimit(uint64_t budget, uint64_t largeBytes) const {
  const Layout& layout = arena_->layout;
  const uint64_t room = less(less(budget, arena_->tableBytes()), largeBytes);
  const uint64_t slabs = std::min(room & ~(layout.slabBytes - 1), arena_->slabs.slabCapacity());
  return less(slabs, slack_.within(slabs, layout) + arena_->log.wastedBytes());
}

bool Store::canEverFit(uint64_t entryBytes) const {
  const Layout& layout = arena_->layout;
  const bool shares = entryBytes <= layout.largestInSlab;
  if (shares && arena_->log.sharedBytes() > 0) return true;
  const uint64_t room = less(budget(), arena_->emptyTableBytes());
  return shares ? layout.slabBytes <= room : memory_.wholePages(entryBytes) <= room;
}

uint64_t Store::largestValue() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A slab that is there takes entries of up to its own size, however little the budget is.
  const uint64_t shared = arena_->log.sharedBytes() > 0 ? arena_->layout.largestInSlab : 0;
  const uint64_t room = less(budget(), arena_->emptyTableBytes());
  return less(std::min(kMaxValueBytes, std::max(shared, room)), stampBytes_);
}

bool Store::mayGrow(uint64_t bytes) const {
  return !environment_.mayGrow || environment_.mayGrow(bytes);
}

bool Store::makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newLargeBytes, uint64_t most) {
  const uint64_t liveBefore = arena_->liveBytes();
  const auto fits = [&] {
    return arena_->log.sharedLiveBytes() + bytes <= liveLimit(budget, largeBytes() + newLargeBytes);
  };
  // Tables that entries leave behind are room too: give them back on the way, not after it.
  const auto contractBelow = [&] { return arena_->index.count() - arena_->index.count() / 8; };
  for (uint64_t below = contractBelow(); !fits();) {
    if (liveBefore - arena_->liveBytes() >= most) return true;
    if (arena_->index.count() < below || arena_->index.count() == 0) {
      arena_->contractTables();
      if (arena_->index.count() == 0) return fits();
      below = contractBelow();
    } else if (!evictOne()) {
      return false;
    }
  }
  return true;
}

Address Store::allocateShared(uint64_t bytes) {
  const Layout& layout = arena_->layout;
  EntryLog& log = arena_->log;
  SlabRequest request;
  request.heldBefore = memory_.held();
  slack_.follow(bytes);
  // One that may not grow makes room within what it holds, a little with each put.
  const bool heldBack = growthDenied_ && log.sharedBytes() > layout.slabBytes;
  appendedSinceAsked_ += bytes;
  const uint64_t mayHold =
      heldBack ? std::min(budget(), request.heldBefore) : less(budget(), keptForMoves());
  if (!makeLiveRoom(bytes, mayHold, 0, mostEvicted(bytes)) && !heldBack) return kNowhere;
  for (;;) {
    const Address address = log.append(bytes);
    if (address != kNowhere) return address;
    // Once a slab: it may grow again by now.
    const bool asksAgain = (heldBack || !hasSlabSlot()) &&
                           appendedSinceAsked_ >= std::max(layout.slabBytes, kLeastBetweenAsks);
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
    // As much as is wanted: to look for room costs more than an eviction.
    for (const uint64_t before = arena_->liveBytes(); before - arena_->liveBytes() < bytes;) {
      if (evictOne()) continue;
      // Nothing is left but a slab in the making: worth to wait for.
      if (!memory_.giveSpare()) return kNowhere;
      break;
    }
  }
}

bool Store::openFreshSlab(SlabRequest& request) {
  const uint64_t slabBytes = arena_->layout.slabBytes;
  const uint64_t heldThen = memory_.heldWithSlab(slabBytes);
  if (heldThen + keptForMoves() > memory_.budget() || heldThen >= request.refusedAt) return false;
  if (!hasSlabSlot() && !addsSlots()) return false;
  // What was held before may be held again without asking; more is asked for once, because the
  // answer costs a look at the machine.
  const bool grows = heldThen > request.heldBefore;
  if (grows && request.asked) return false;
  if (grows) {
    request.asked = true;
    appendedSinceAsked_ = 0;
  }
  growthDenied_ = grows && !mayGrow(slabBytes);
  if (growthDenied_) return false;
  if (arena_->log.openFresh()) {
    spareIsDue_ = tookSlab_ = true;
    return true;
  }
  request.refusedAt = heldThen;
  growthDenied_ = true;
  return false;
}

bool Store::addsSlots() {
  const uint64_t bytes = arena_->growthFor(maxBytes());
  if (bytes == 0 || !memory_.fits(bytes)) return false;
  appendedSinceAsked_ = 0;
  growthDenied_ = !mayGrow(bytes);
  if (growthDenied_) return false;
  const AllStripes stripes(stripes_);
  const bool added = arena_->reserve(maxBytes());
  leastBudget_.store(leastBytes(), std::memory_order_relaxed);
  return added;
}

bool Store::hasSlabSlot() const {
  return arena_->log.sharedBytes() < arena_->slabs.slabCapacity();
}

bool Store::fillsGaps() {
  const Layout& layout = arena_->layout;
  const EntryLog& log = arena_->log;
  const bool full =
      growthDenied_ || !hasSlabSlot() || !memory_.fits(layout.slabBytes + keptForMoves());
  if (full) slack_.observe(log.pass(), log.sharedBytes(), layout);
  return full || log.sharedLiveBytes() <= liveWorthCompacting(log.sharedBytes(), layout);
}

void Store::makeIndexRoom() {
  HashIndex& index = arena_->index;
  index.grow();
  if (!index.wantsChunk()) return;
  if (!memory_.fits(index.chunkBytes())) {
    const uint64_t rest = less(budget(), index.chunkBytes());
    // Not at the price of all entries.
    if (liveLimit(rest, largeBytes()) == 0) return;
    makeLiveRoom(0, rest, 0, mostEvicted(0));
    if (arena_->log.sharedLiveBytes() > liveLimit(rest, largeBytes())) return;
    arena_->log.dropOneSlab();
  }
  // Without it buckets grow fuller, and the next put asks again.
  index.addChunk();
}

bool Store::hasIndexRoomFor(uint64_t hash) {
  HashIndex& index = arena_->index;
  const auto gets = [&] {
    return index.hasRoomFor(hash) || (memory_.fits(index.chunkBytes()) && index.addChunk());
  };
  if (gets()) return true;
  shrinkHeldTo(less(memory_.budget(), index.chunkBytes()));
  return gets();
}

Address Store::allocateLinkable(uint64_t hash, uint64_t entryBytes) {
  makeIndexRoom();
  for (bool again = false;; again = true) {
    const Address address = allocateShared(entryBytes);
    if (address == kNowhere) return kNowhere;
    HashIndex& index = arena_->index;
    const bool mayAdd = memory_.fits(index.chunkBytes());
    if (index.hasRoomFor(hash) || (mayAdd && index.addChunk())) return address;
    arena_->log.retract(address, entryBytes);
    if (again || !hasIndexRoomFor(hash)) return kNowhere;
  }
}

uint64_t Store::shrinkHeldTo(uint64_t target) {
  const uint64_t before = memory_.held();
  // No eviction gives back what an entry is being written to, or what readers are still at.
  const auto isAbove = [&] {
    return memory_.held() > target + writingBytes_ + memory_.retiredBytes();
  };
  if (!isAbove()) return 0;
  memory_.withdrawSpare();
  makeLiveRoom(0, target, 0);
  arena_->log.dropEmptySlabs();
  arena_->contractTables();
  constexpr uint64_t kContractEvery = 1024;
  for (uint64_t evictions = 0; isAbove();) {
    if (arena_->log.dropOneSlab()) continue;
    if (!evictOne()) {
      // Nothing is left but a slab in the making: worth to wait for.
      (void)memory_.giveSpare();
      break;
    }
    if (++evictions % kContractEvery == 0) arena_->contractTables();
  }
  arena_->contractTables();
  return less(before, memory_.held());
}

}  // namespace ebbcache
