// How much of its slabs a store leaves to dead entries.
#pragma once

#include <algorithm>
#include <cstdint>

#include "store/layout.h"

namespace ebbcache {

/// Room that stays dead so that the emptiest slab is worth compacting. A sixteenth keeps
/// utilisation above 93 %, and compaction moves two to five bytes for each byte put when deaths are
/// spread evenly, none when entries die in the order they came.
constexpr uint64_t kSlackShare = 16;

/// More dead bytes than this share, and a slab is compacted rather than a fresh one taken while the
/// budget has room: what is held stays below 8/7 of what is live, whatever makes entries die.
constexpr uint64_t kGrowthSlackShare = 8;

/// a - b, and 0 where that would be negative.
inline uint64_t less(uint64_t a, uint64_t b) {
  return a > b ? a - b : 0;
}

/// Live bytes that slabs of so many bytes may hold for a share of them, and half a slab at least,
/// to be dead.
inline uint64_t liveLimitOf(uint64_t slabBytes, const Layout& layout,
                            uint64_t slackShare = kSlackShare) {
  return less(slabBytes, std::max(slabBytes / slackShare, layout.slabBytes / 2));
}

}  // namespace ebbcache
