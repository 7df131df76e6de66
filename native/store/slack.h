// The share of its slabs that a store leaves to dead entries.
#pragma once

#include <algorithm>
#include <cstdint>

#include "store/entry_log.h"
#include "store/layout.h"

namespace ebbcache {

/// The share of dead bytes above which a slab is compacted, instead of taking a fresh one, while
/// the budget has room: the held bytes stay below 8/7 of the live ones, whatever the reason why
/// entries die.
constexpr uint64_t kGrowthSlackShare = 8;

/// Returns a - b, or 0 where that would be negative.
inline uint64_t less(uint64_t a, uint64_t b) {
  return a > b ? a - b : 0;
}

/// The room in a full budget that stays dead, so that the emptiest slab is worth compacting. Where
/// entries die in the order in which they came, one slab is enough: the oldest dies as a whole, and
/// nothing is ever moved. Where deaths are spread evenly all slabs are alike, and the slack grows
/// to a sixteenth of them: then utilisation is above 93 %, and compaction moves up to six bytes for
/// each byte put.
class Slack {
 public:
  /// The slack in bytes, within slabs of `slabsBytes`.
  uint64_t within(uint64_t slabsBytes, const Layout& layout) const {
    return std::min(std::max(bytes_, minWithin(slabsBytes, layout)), maxWithin(slabsBytes, layout));
  }

  /// Adapts the slack to the cost of a slab that was filled in a full store.
  void observe(const EntryLog::Pass& pass, uint64_t slabsBytes, const Layout& layout) {
    constexpr uint64_t kPassedPerMoved = 8;
    const uint64_t cost = pass.movedBytes + pass.passedBytes / kPassedPerMoved;
    const uint64_t step = std::max(pass.appendedBytes, layout.slabBytes / 8);
    if (cost > 2 * pass.appendedBytes) {
      wanted_ = std::min(within(slabsBytes, layout) + step / 4, maxWithin(slabsBytes, layout));
    } else if (cost < pass.appendedBytes) {
      wanted_ = less(wanted_, step / 8);
    }
  }

  /// Lets the slack grow with each put by no more than the put's bytes, so that no put evicts for
  /// long.
  void follow(uint64_t putBytes) {
    bytes_ = bytes_ < wanted_ ? std::min(wanted_, bytes_ + putBytes) : wanted_;
  }

 private:
  static uint64_t minWithin(uint64_t slabsBytes, const Layout& layout) {
    return std::min(layout.slabBytes, slabsBytes / 2);
  }
  static uint64_t maxWithin(uint64_t slabsBytes, const Layout& layout) {
    constexpr uint64_t kShare = 16;
    return std::max(slabsBytes / kShare, minWithin(slabsBytes, layout));
  }

  uint64_t bytes_ = 0;
  uint64_t wanted_ = 0;
};

/// The live bytes in slabs of `slabsBytes` up to which dead ones are worth a compaction while the
/// budget has room.
inline uint64_t liveWorthCompacting(uint64_t slabsBytes, const Layout& layout) {
  return less(slabsBytes, std::max(slabsBytes / kGrowthSlackShare, layout.slabBytes / 2));
}

}  // namespace ebbcache
