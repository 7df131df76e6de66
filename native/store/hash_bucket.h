// A bucket of the index: one cache line.
//
//   0              12         16                           64
//   +--------------+----------+-----------------------------+
//   | 12 tags of   | overflow | 12 addresses; the first 0   |
//   | 8 bits       | u32      | ends the bucket             |
//   +--------------+----------+-----------------------------+
//
// A tag is the highest byte of the hash, or 1 where that is 0, which an empty slot has.
#pragma once

#include <cstdint>

#include "store/entry.h"
#include "store/equal_bytes.h"

namespace ebbcache {

struct alignas(64) HashBucket {
  static constexpr uint32_t kSlots = 12;
  /// The tag of an empty slot.
  static constexpr uint8_t kNoTag = 0;

  uint8_t tags[kSlots];
  /// The number of the bucket in which this one continues, 1 or more; 0 for none.
  uint32_t overflow;
  Address slots[kSlots];

  static uint8_t tagOf(uint64_t hash) {
    const auto tag = static_cast<uint8_t>(hash >> 56);
    return tag != kNoTag ? tag : uint8_t{1};
  }

  /// A bit mask of the slots with this tag; the first slot's bit is the lowest.
  uint32_t slotsWith(uint8_t tag) const { return equalBytes<kSlots>(this, tag); }
};
static_assert(sizeof(HashBucket) == 64, "the layout above");

}  // namespace ebbcache
