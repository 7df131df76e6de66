#include "store/entry_log.h"

#include <algorithm>
#include <array>

namespace ebbcache {
namespace {

/// Gaps that are too short are skipped, up to this share of the dead bytes.
constexpr uint64_t kSkippedShare = 4;
/// The bytes that one append may move: this many times its own, or a minimum where that is more.
constexpr uint64_t kMovedPerByte = 32;
constexpr uint64_t kMayMove = uint64_t{64} << 10;
constexpr uint64_t kAll = UINT64_MAX;

}  // namespace

EntryLog::EntryLog(SlabTable& slabs, const Layout& layout, EntryRelocator& relocator)
    : slabs_(slabs), layout_(layout), relocator_(relocator), sweep_(slabs) {}

// ---------------------------------------------------------------- room for entries

Address EntryLog::append(uint64_t bytes) {
  if (open_ == 0) return kNowhere;
  boundariesChange(open_);
  if (!gapFits(bytes) && !widenGap(bytes, std::max(kMovedPerByte * bytes, kMayMove))) {
    return kNowhere;
  }
  Slab& slab = slabs_[open_];
  const Address address = slabs_.addressOf(open_, to_);
  to_ += bytes;
  if (to_ > from_) {
    from_ = slab.tail = to_;
  } else {
    markGap();
  }
  slab.live += bytes;
  sharedLiveBytes_ += bytes;
  pass_.appendedBytes += bytes;
  return address;
}

Address EntryLog::adoptLarge(void* mapping, uint64_t bytes) {
  const uint32_t number = slabs_.adoptLarge(mapping, bytes);
  if (number == 0) return kNowhere;
  Slab& slab = slabs_[number];
  slab.tail = bytes;
  slab.live = bytes;
  largeBytes_ += slab.bytes;
  return number;
}

void* EntryLog::detachLarge(Address address) {
  largeBytes_ -= slabs_[address].bytes;
  return slabs_.detachLarge(address);
}

void EntryLog::retract(Address address, uint64_t bytes) {
  const uint32_t number = slabs_.numberOf(address);
  boundariesChange(number);
  Slab& slab = slabs_[number];
  to_ -= bytes;
  if (from_ == slab.tail) {
    from_ = slab.tail = to_;
  } else {
    markGap();
  }
  slab.live -= bytes;
  sharedLiveBytes_ -= bytes;
}

void EntryLog::open(uint32_t number) {
  if (open_ != 0) setWaste(slabs_[open_], slabs_[open_].bytes - slabs_[open_].tail);
  boundariesChange(number);
  Slab& slab = slabs_[number];
  setWaste(slab, 0);
  if (slab.live == 0) {
    slab.tail = 0;
    slab.nextSweep = kNeverExpires;
  }
  open_ = number;
  to_ = from_ = 0;
  dead_ = skipped_ = 0;
  pass_ = {};
}

void EntryLog::setWaste(Slab& slab, uint64_t bytes) {
  wastedBytes_ += bytes - slab.waste;
  slab.waste = bytes;
}

bool EntryLog::openFresh() {
  const uint32_t number = slabs_.add();
  if (number == 0) return false;
  ++sharedSlabs_;
  ++slabsTaken_;
  open(number);
  return true;
}

bool EntryLog::openCompacted(uint64_t bytes) {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
  compact(emptiest);
  return true;
}

bool EntryLog::openEmptiest(uint64_t bytes) {
  if (open_ != 0 && pass_.appendedBytes == 0) return false;
  const uint32_t emptiest = emptiestShared(open_);
  if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
  open(emptiest);
  return true;
}

uint32_t EntryLog::emptiestShared(uint32_t exceptFor) const {
  uint32_t emptiest = 0;
  for (uint32_t number = 1; number < slabs_.end(); ++number) {
    const Slab& slab = slabs_[number];
    if (!slab.used() || number == exceptFor) continue;
    if (emptiest == 0 || slab.live < slabs_[emptiest].live) emptiest = number;
  }
  return emptiest;
}

// ---------------------------------------------------------------- compaction

bool EntryLog::gapFits(uint64_t bytes) const {
  const uint64_t gap = from_ - to_;
  return gap == bytes || gap >= bytes + kSmallestEntryBytes;
}

void EntryLog::markGap() {
  if (to_ < from_) slabs_.at(slabs_.addressOf(open_, to_))->beginGap(from_ - to_);
}

bool EntryLog::widenGap(uint64_t bytes, uint64_t mayMove) {
  Slab& slab = slabs_[open_];
  const bool all = mayMove == kAll;
  uint64_t moved = 0;
  while (from_ < slab.tail && !gapFits(bytes)) {
    const Entry* const entry = slabs_.at(slabs_.addressOf(open_, from_));
    const uint64_t size = entry->bytes();
    const uint64_t gap = from_ - to_;
    if (!entry->live()) {
      from_ += size;
      dead_ += size;
    } else if (gap > 0 && (all || (moved < mayMove && (skipped_ + gap) * kSkippedShare > dead_))) {
      moved += moveRun(slab);
    } else {
      markGap();
      skipped_ += gap;
      to_ = from_ += size;
      pass_.passedBytes += size;
    }
  }
  pass_.movedBytes += moved;
  if (from_ < slab.tail) return true;
  from_ = slab.tail = to_;
  return slab.bytes - to_ >= bytes;
}

/// Moves the live entries behind the gap, up to the next dead one, to its front. They move in
/// groups, so that the cache lines of some are fetched while others move.
uint64_t EntryLog::moveRun(Slab& slab) {
  struct Step {
    uint64_t bytes;
    uint64_t hash;
  };
  std::array<Step, 16> steps;
  size_t count = 0;
  for (uint64_t scan = from_; scan < slab.tail && count < steps.size(); ++count) {
    const Address address = slabs_.addressOf(open_, scan);
    const Entry* const entry = slabs_.at(address);
    if (!entry->live()) break;
    steps[count] = {entry->bytes(), relocator_.prepareMove(address)};
    scan += steps[count].bytes;
  }
  const uint64_t before = to_;
  for (size_t i = 0; i < count; ++i) {
    relocator_.move(slabs_.addressOf(open_, from_), slabs_.addressOf(open_, to_), steps[i].hash);
    from_ += steps[i].bytes;
    to_ += steps[i].bytes;
  }
  markGap();
  return to_ - before;
}

void EntryLog::compact(uint32_t number) {
  open(number);
  (void)widenGap(slabs_[number].bytes + 1, kAll);
}

// ---------------------------------------------------------------- dead entries

void EntryLog::markDead(Address address) {
  const uint32_t number = slabs_.numberOf(address);
  if (SlabTable::isLarge(number)) {
    drop(number);
    return;
  }
  Slab& slab = slabs_[number];
  Entry* const entry = slabs_.at(address);
  const uint64_t bytes = entry->bytes();
  entry->die();
  slab.live -= bytes;
  sharedLiveBytes_ -= bytes;
  // The slab will be opened before long.
  if (slab.waste > 0 && slab.live < slab.bytes / 2) setWaste(slab, 0);
}

void EntryLog::boundariesChange(uint32_t number) {
  sweep_.boundariesChange(number);
  if (number == leaving_) leaving_ = 0;
}

void EntryLog::drop(uint32_t number) {
  boundariesChange(number);
  if (SlabTable::isLarge(number)) {
    largeBytes_ -= slabs_[number].bytes;
  } else {
    --sharedSlabs_;
    setWaste(slabs_[number], 0);
    if (open_ == number) open_ = 0;
  }
  slabs_.remove(number);
}

void EntryLog::dropEmptySlabs() {
  for (uint32_t number = 1; number < slabs_.end(); ++number) {
    if (slabs_[number].used() && slabs_[number].live == 0) drop(number);
  }
}

bool EntryLog::dropOneSlab() {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || !evacuate(emptiest)) return false;
  drop(emptiest);
  return true;
}

bool EntryLog::openEvacuated() {
  const uint32_t emptiest = emptiestShared(0);
  if (emptiest == 0 || !evacuate(emptiest)) return false;
  open(emptiest);
  return true;
}

bool EntryLog::dropOneEmptySlab() {
  const uint32_t emptiest = emptiestShared(open_);
  if (emptiest == 0 || slabs_[emptiest].live > 0) return false;
  drop(emptiest);
  return true;
}

bool EntryLog::evacuate(uint32_t number) {
  const Slab& slab = slabs_[number];
  // All live entries would not fit the other slabs even without a gap, so moving some would free no
  // slab.
  if (slab.live > 0 && sharedLiveBytes_ > (sharedSlabs_ - 1) * layout_.slabBytes) return false;
  if (open_ == number) open_ = 0;
  for (uint64_t offset = 0; slab.live > 0 && offset < slab.tail;) {
    const Address from = slabs_.addressOf(number, offset);
    const Entry* const entry = slabs_.at(from);
    offset += entry->bytes();
    if (entry->live() && !moveOut(from, Pace::kAtOnce)) return false;
  }
  return true;
}

EntryLog::Evacuation EntryLog::dropOneSlabInSteps(const std::function<bool()>& mayGoOn) {
  if (leaving_ == 0) {
    leaving_ = emptiestShared(open_);
    leavingFrom_ = 0;
    if (leaving_ == 0) return Evacuation::kNoRoom;
  }
  const Slab& slab = slabs_[leaving_];
  while (slab.live > 0 && leavingFrom_ < slab.tail) {
    const Address from = slabs_.addressOf(leaving_, leavingFrom_);
    const Entry* const entry = slabs_.at(from);
    const uint64_t bytes = entry->bytes();
    const bool moves = entry->live();
    if (moves && !moveOut(from, Pace::kGradual)) {
      leaving_ = 0;
      return Evacuation::kNoRoom;
    }
    leavingFrom_ += bytes;
    if (moves && !mayGoOn()) return Evacuation::kUnfinished;
  }
  drop(leaving_);
  return Evacuation::kDropped;
}

/// Moves a live entry of a shared slab that is not open into another; returns false when none has
/// room.
bool EntryLog::moveOut(Address from, Pace pace) {
  const uint32_t number = slabs_.numberOf(from);
  const uint64_t bytes = slabs_.at(from)->bytes();
  const uint64_t expiry = slabs_.at(from)->deadline().expiry();
  Address to = append(bytes);
  if (to == kNowhere) {
    const uint32_t emptiest = emptiestShared(number);
    if (emptiest == 0 || slabs_[emptiest].reclaimable() < bytes) return false;
    if (pace == Pace::kGradual) {
      open(emptiest);
      to = append(bytes);
    }
    // There may be room in sum, but in gaps that are each too short.
    if (to == kNowhere) {
      compact(emptiest);
      to = append(bytes);
    }
  }
  relocator_.move(from, to, relocator_.prepareMove(from));
  if (expiry != kNeverExpires) noteExpiry(to, expiry);
  markDead(from);
  return true;
}

void EntryLog::clear() {
  slabs_.removeAll();
  sweep_.clear();
  leaving_ = 0;
  open_ = 0;
  sharedSlabs_ = 0;
  sharedLiveBytes_ = 0;
  wastedBytes_ = 0;
  largeBytes_ = 0;
}

void EntryLog::noteExpiry(Address address, uint64_t at) {
  Slab& slab = slabs_[slabs_.numberOf(address)];
  slab.nextSweep = std::min(slab.nextSweep, at);
}

}  // namespace ebbcache
