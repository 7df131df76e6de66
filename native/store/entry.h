// One entry as it lies in a slab.
//
//   0        4        8        12       16       20    22      23     24
//   +--------+--------+--------+--------+--------+-----+-------+------+---------+-----+-------+---+
//   | newer  | older  | chain  | hash   | value  | key | flags | uses | expiry  | key | value |pad|
//   | u32    | u32    | u32    | u32    | len u32| u16 | u8    | u8   | u64 opt.|     |       |   |
//   +--------+--------+--------+--------+--------+-----+-------+------+---------+-----+-------+---+
//     policy's queue    bucket                                  policy  if kExpires       to 8
//     bytes
//
// The links are addresses, never pointers, so that the bytes mean the same wherever they are
// mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ebbcache {

/// Where an entry lies: slab number, then offset in units of kEntryAlignment. 0 is nowhere.
using Address = uint32_t;
constexpr Address kNowhere = 0;

constexpr uint64_t kEntryAlignment = 8;
constexpr uint64_t kNeverExpires = UINT64_MAX;
constexpr uint64_t kMaxKeyBytes = UINT16_MAX;
constexpr uint64_t kMaxValueBytes = UINT32_MAX;

constexpr uint8_t kLive = 1;
constexpr uint8_t kExpires = 2;
/// For the policy's own use: which of its queues the entry is in.
constexpr uint8_t kInSmallQueue = 4;

struct Entry {
  Address newer;
  Address older;
  Address chain;
  uint32_t hash;
  uint32_t valueBytes;
  uint16_t keyBytes;
  uint8_t flags;
  uint8_t uses;

  static constexpr uint64_t bytesFor(uint64_t keyBytes, uint64_t valueBytes, bool expires) {
    const uint64_t exact = 24 + (expires ? 8 : 0) + keyBytes + valueBytes;
    return (exact + kEntryAlignment - 1) & ~(kEntryAlignment - 1);
  }

  bool live() const { return (flags & kLive) != 0; }
  uint64_t bytes() const { return bytesFor(keyBytes, valueBytes, (flags & kExpires) != 0); }
  uint64_t payloadBytes() const { return uint64_t{keyBytes} + valueBytes; }

  uint64_t expiry() const {
    if ((flags & kExpires) == 0) return kNeverExpires;
    uint64_t at;
    std::memcpy(&at, this + 1, sizeof at);
    return at;
  }
  void setExpiry(uint64_t at) { std::memcpy(this + 1, &at, sizeof at); }

  char* keyData() { return reinterpret_cast<char*>(this + 1) + ((flags & kExpires) != 0 ? 8 : 0); }
  const char* keyData() const { return const_cast<Entry*>(this)->keyData(); }
  char* valueData() { return keyData() + keyBytes; }
  const char* valueData() const { return keyData() + keyBytes; }
  std::string_view key() const { return {keyData(), keyBytes}; }
};
static_assert(sizeof(Entry) == 24, "the layout above");

}  // namespace ebbcache
