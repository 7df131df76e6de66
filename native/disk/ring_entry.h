// The bytes of an entry: made for a put, and checked by a read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "disk/ring_checksum.h"
#include "disk/ring_layout.h"

namespace ebbcache {

inline uint64_t inUnits(uint64_t bytes) {
  return (bytes + kRingUnit - 1) / kRingUnit;
}
inline uint64_t ringEntryBytes(uint64_t keyBytes, uint64_t valueBytes) {
  return inUnits(sizeof(RingEntryHeader) + keyBytes + valueBytes) * kRingUnit;
}

/// The checksum of an entry in the ring with this id. An entry that another ring left in the same
/// place does not match it.
inline uint64_t entryChecksum(uint64_t id, const RingEntryHeader& header, std::string_view key,
                              std::string_view value) {
  constexpr size_t kFrom = sizeof header.checksum;
  const auto* const bytes = reinterpret_cast<const char*>(&header);
  uint64_t sum = ringChecksum({bytes + kFrom, sizeof header - kFrom}, id);
  sum = ringChecksum(key, sum);
  return ringChecksum(value, sum);
}

/// Whether the entry has expired. Where the clock was set back since the put, its age is unknown,
/// and it counts as expired.
inline bool isExpired(const RingEntryHeader& header, uint64_t nowMs) {
  if (header.ttlMs == 0) return false;
  return nowMs < header.writtenMs || nowMs - header.writtenMs >= header.ttlMs;
}

/// The entry at the start of the bytes; null where there is no sound one.
inline const RingEntryHeader* entryAt(const char* bytes, size_t size, uint64_t id) {
  if (size < sizeof(RingEntryHeader)) return nullptr;
  const auto* const header = reinterpret_cast<const RingEntryHeader*>(bytes);
  const uint64_t payload = uint64_t{header->keyBytes} + header->valueBytes;
  if (header->version == 0 || header->version > kMaxVersion ||
      payload > size - sizeof(RingEntryHeader)) {
    return nullptr;
  }
  const char* const key = bytes + sizeof(RingEntryHeader);
  const std::string_view keyView(key, header->keyBytes);
  const std::string_view value(key + header->keyBytes, header->valueBytes);
  return header->checksum == entryChecksum(id, *header, keyView, value) ? header : nullptr;
}

inline std::string_view keyOf(const RingEntryHeader& header) {
  return {reinterpret_cast<const char*>(&header) + sizeof header, header.keyBytes};
}
inline std::string_view valueOf(const RingEntryHeader& header) {
  return {keyOf(header).data() + header.keyBytes, header.valueBytes};
}

}  // namespace ebbcache
