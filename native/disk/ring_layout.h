// The bytes of a ring file. Numbers are little-endian, as on every machine that this is built for;
// a file is of one machine.
//
//    0            4 KiB                                                        ring's end
//   +------------+--------------------------------+---------------------------------+
//   | header     | index: buckets of 512 bytes    | chunks of 256 KiB               |
//   +------------+--------------------------------+---------------------------------+
//
//   header   the format, the geometry, the cursor and counters, of which the last is a checksum
//   bucket   32 slots of 16 bytes
//   slot     tag u32 | offset u32, in units of 16 bytes | length u16, in units | version u48
//   entry    checksum u64 | version u64 | written u64, ms | time to live u64, ms |
//            cost f32, ms | key bytes u32 | value bytes u32 | 0 u32 | key | value | to 16 bytes
//
// The index is a hint. A read accepts an entry only where its checksum, its whole key, and the
// version that its slot names are right; otherwise it is a miss. A version is a random number that
// identifies one put: by it a process that has a copy of the value knows whether the slot still
// names that put. A slot of length 0 names a put whose value is only in a process's memory, as the
// file did not take it.
//
// A slot of tag 0 is free. Entries follow one another in the order of the cursor, and none crosses
// from one chunk to the next. The cursor is moved before the entries that it passes are written,
// and slots are changed last, so that a process that is killed in between leaves bytes that no slot
// names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ebbcache {

constexpr uint64_t kRingHeaderBytes = 4096;
constexpr uint64_t kChunkBytes = uint64_t{256} << 10U;
/// Entries begin at multiples of this.
constexpr uint64_t kRingUnit = 16;
constexpr uint64_t kMinRingBytes = uint64_t{1} << 20U;
/// The offsets of 2^32 units.
constexpr uint64_t kMaxRingBytes = uint64_t{64} << 30U;

/// The kind of keys in a file: a cache of one kind never uses a file of the other.
enum class RingKind : uint32_t {
  kValues = 1,
  /// Keys have the form `place NUL name`: those of one place share a bucket.
  kRecords = 2,
};

/// The divisor of the budget that gives the size of the index: there is one slot for 320 bytes of
/// values, or for 512 bytes of records, which are larger.
constexpr uint64_t indexShareOf(RingKind kind) {
  return kind == RingKind::kValues ? 20 : 32;
}

struct RingSlot {
  uint32_t tag;
  uint32_t offset;
  uint64_t versionAndUnits;

  uint64_t version() const { return versionAndUnits >> 16U; }
  uint64_t units() const { return versionAndUnits & 0xffffU; }
  uint64_t at() const { return offset * kRingUnit; }
  bool isFree() const { return tag == 0; }
  bool hasValue() const { return tag != 0 && units() != 0; }

  friend bool operator==(const RingSlot& a, const RingSlot& b) {
    return a.tag == b.tag && a.offset == b.offset && a.versionAndUnits == b.versionAndUnits;
  }
};

constexpr size_t kBucketSlots = 32;
constexpr uint64_t kMaxVersion = (uint64_t{1} << 48U) - 1;

struct RingBucket {
  std::array<RingSlot, kBucketSlots> slots;
};
static_assert(sizeof(RingBucket) == 512, "the layout above");

struct RingEntryHeader {
  uint64_t checksum;
  uint64_t version;
  uint64_t writtenMs;
  uint64_t ttlMs;
  float cost;
  uint32_t keyBytes;
  uint32_t valueBytes;
  uint32_t zero;
};
static_assert(sizeof(RingEntryHeader) == 48, "the layout above");

/// The maximum of key and value together.
constexpr uint64_t kMaxRingPayloadBytes = kChunkBytes - sizeof(RingEntryHeader);

constexpr size_t kRingCounters = 16;

struct RingHeader {
  char magic[8];
  uint32_t format;
  /// The checksum of magic and format: it tells a file of another version from a damaged one.
  uint32_t formatCheck;
  RingKind kind;
  uint32_t buckets;
  /// The number of chunks that the budget has room for.
  uint32_t maxChunks;
  uint32_t zero;
  /// A random number for each file that is made: the checksums of entries begin with it.
  uint64_t id;
  uint64_t seed[2];
  /// The position of the next entry, in bytes from the first chunk.
  uint64_t cursor;
  /// The number of slots that name a value.
  uint64_t entries;
  uint64_t evictions;
  uint64_t expirations;
  /// Counters of the caches that use the file; they know what each one counts.
  uint64_t counters[kRingCounters];
  uint64_t checksum;
};
static_assert(sizeof(RingHeader) <= 512, "one block of a disk");

}  // namespace ebbcache
