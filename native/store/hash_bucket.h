// A bucket of the index: one cache line.
//
//   0              12         16                           64
//   +--------------+----------+-----------------------------+
//   | 12 tags of   | overflow | 12 addresses; the first 0   |
//   | 8 bits       | u32      | ends the bucket             |
//   +--------------+----------+-----------------------------+
//
// A tag is the highest byte of the hash, or 1 where that is 0, which an empty slot has. All tags
// are compared at once: a branch for each would be guessed wrong in every other lookup.
#pragma once

#include <cstdint>
#include <cstring>

#include "store/entry.h"
#include "store/lowest_bit.h"

namespace ebbcache {

struct alignas(64) HashBucket {
  static constexpr uint32_t kSlots = 12;
  /// Of an empty slot.
  static constexpr uint8_t kNoTag = 0;

  uint8_t tags[kSlots];
  /// Number of the bucket in which this one goes on, 1 or more; 0 for none.
  uint32_t overflow;
  Address slots[kSlots];

  static uint8_t tagOf(uint64_t hash) {
    const auto tag = static_cast<uint8_t>(hash >> 56);
    return tag != kNoTag ? tag : uint8_t{1};
  }

  /// A bit for each slot with this tag.
  uint32_t slotsWith(uint8_t tag) const {
    uint64_t first;
    uint32_t last;
    std::memcpy(&first, tags, sizeof first);
    std::memcpy(&last, tags + sizeof first, sizeof last);
    return equalBytes(first, tag) | equalBytes(last, tag) << 8;
  }

 private:
  /// Bytes equal to `tag` as a bit each, the lowest byte first. A byte of the differences is zero
  /// where neither its high bit is set nor adding 127 to the others sets it (Hacker's Delight,
  /// 6-1).
  static uint32_t equalBytes(uint64_t bytes, uint8_t tag) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    constexpr uint64_t kLows = 0x7f7f7f7f7f7f7f7f;
    const uint64_t differences = bytes ^ tag * kOnes;
    const uint64_t equal = ~(((differences & kLows) + kLows) | differences | kLows);
    // Gathers bit 7 of each byte into the highest byte.
    return static_cast<uint32_t>((equal >> 7) * 0x0102040810204080 >> 56);
  }
};
static_assert(sizeof(HashBucket) == 64, "the layout above");

}  // namespace ebbcache
