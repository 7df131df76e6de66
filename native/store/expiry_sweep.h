// Finds expired entries in steps: where the caller has no more time, the next call continues with
// the same entry.
//
// The boundaries of a slab's entries stay where they are as long as nothing is appended to it.
// Where the boundaries of the slab that is being searched change, its search starts anew: what it
// visited before is dead by then.
#pragma once

#include <algorithm>
#include <cstdint>

#include "store/entry.h"
#include "store/slab_table.h"

namespace ebbcache {

class ExpirySweep {
 public:
  struct Result {
    /// The number of entries that were visited.
    uint64_t seen = 0;
    /// Whether every slab that was due was visited.
    bool done = true;
  };

  explicit ExpirySweep(SlabTable& slabs) : slabs_(slabs) {}

  /// Notes that something is appended to the slab, or that the slab is removed.
  void boundariesChange(uint32_t number) {
    if (number == at_) offset_ = 0;
  }
  /// Notes that the clock went back: the times at which slabs are due no longer hold, and all slabs
  /// are due.
  void clockWentBack() {
    for (uint32_t number = 1; number < slabs_.end(); ++number) slabs_[number].nextSweep = 0;
    for (uint32_t number = kFirstLarge; number != slabs_.endOfLarge(); ++number) {
      slabs_[number].nextSweep = 0;
    }
    left_ = offset_ = 0;
  }
  void clear() {
    at_ = 1;
    left_ = offset_ = 0;
  }

  /// Continues a round of all slabs, or begins one: visits the expired entries of those slabs in
  /// which one may have expired. The visitor may release what it is given. A slab is not due again
  /// for `spacing` ms. `mayGoOn` is asked every kAskedEvery entries, and once for as many slabs.
  template <typename Visitor, typename MayGoOn>
  Result run(uint64_t now, uint64_t spacing, Visitor&& visit, MayGoOn&& mayGoOn) {
    Result result;
    if (left_ == 0) left_ = slabs_.end() - 1 + (slabs_.endOfLarge() - kFirstLarge);
    while (left_ > 0 && wrap()) {
      result.done = sweepSlab(now, spacing, result.seen, visit, mayGoOn);
      if (!result.done) return result;
      ++at_;
      offset_ = 0;
      result.done = --left_ % kAskedEvery != 0 || left_ == 0 || mayGoOn();
      if (!result.done) return result;
    }
    left_ = 0;
    return result;
  }

 private:
  static constexpr uint64_t kAskedEvery = 64;

  /// Moves on to the large entries after the last slab, and to the first slab after those. Returns
  /// false when there are neither.
  bool wrap() {
    if (!SlabTable::isLarge(at_) && at_ >= slabs_.end()) at_ = kFirstLarge;
    if (SlabTable::isLarge(at_) && at_ >= slabs_.endOfLarge()) {
      at_ = slabs_.end() > 1 ? 1 : kFirstLarge;
    }
    return at_ < (SlabTable::isLarge(at_) ? slabs_.endOfLarge() : slabs_.end());
  }

  /// Returns false when it was told to stop.
  template <typename Visitor, typename MayGoOn>
  bool sweepSlab(uint64_t now, uint64_t spacing, uint64_t& seen, Visitor&& visit,
                 MayGoOn&& mayGoOn) {
    const Slab& slab = slabs_[at_];
    if (!slab.used() || slab.nextSweep > now) return true;
    if (SlabTable::isLarge(at_)) return sweepLarge(now, seen, visit, mayGoOn);
    if (offset_ == 0) earliest_ = kNeverExpires;
    while (offset_ < slab.tail) {
      if (++seen % kAskedEvery == 0 && !mayGoOn()) return false;
      const Address address = slabs_.addressOf(at_, offset_);
      const Entry* const entry = slabs_.at(address);
      const Deadline deadline = entry->deadline();
      offset_ += entry->bytes();
      if (!entry->live() || deadline.isNever()) continue;
      if (deadline.isPast(now)) {
        visit(address);
      } else {
        earliest_ = std::min(earliest_, std::max(deadline.expiry(), now + spacing));
      }
    }
    slabs_[at_].nextSweep = earliest_;
    return true;
  }

  template <typename Visitor, typename MayGoOn>
  bool sweepLarge(uint64_t now, uint64_t& seen, Visitor&& visit, MayGoOn&& mayGoOn) {
    const Deadline deadline = slabs_.at(at_)->deadline();
    // Where the clock was set back, it may be due before it has expired.
    slabs_[at_].nextSweep = deadline.expiry();
    if (!deadline.isNever() && deadline.isPast(now)) visit(at_);
    return ++seen % kAskedEvery != 0 || mayGoOn();
  }

  SlabTable& slabs_;
  /// The slab or large entry that is next, and the offset of the next entry in it.
  uint32_t at_ = 1;
  uint64_t offset_ = 0;
  /// The earliest expiry of the entries before the offset.
  uint64_t earliest_ = kNeverExpires;
  /// The number of slabs and large entries that are left of the round.
  uint64_t left_ = 0;
};

}  // namespace ebbcache
