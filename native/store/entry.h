// One entry as it lies in a slab.
//
//   0        4        8        10    11      12
//   +--------+--------+--------+-----+-------+---------------+----------+-----+-------+------+
//   | newer  | older  | value  | key | state | long sizes    | deadline | key | value | pad  |
//   | u32    | u32    | len u16| u8  | u8    | u32, u32 opt. | u64 opt. |     |       | to 4 |
//   +--------+--------+--------+-----+-------+---------------+----------+-----+-------+------+
//     policy's queue    0 if kLong            if kLong        if kExpires
//
//   state   7   6  5    4  3          2       1          0
//           +------+------+----------+-------+----------+-------+
//           |      | uses | in small | kLong | kExpires | kLive |
//           +------+------+----------+-------+----------+-------+
//
// The links are addresses, not pointers, so that the bytes mean the same wherever they are mapped.
// Neither the hash nor a chain is kept: the index has a byte of the hash beside each address, and
// the few operations that need all of it (a split, a move, an eviction) compute it from the key.
//
// The links and the queue's bits belong to the policy. All other bytes are written before the entry
// can be found, and are read under its stripe's lock. The state is atomic because the policy and
// readers change it concurrently; it is relaxed because it publishes no other bytes. The links are
// relaxed because whoever follows them to change a queue holds the queue's lock, or is the only
// writer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "store/deadline.h"
#include "store/equal_bytes.h"

namespace ebbcache {

/// The location of an entry: slab number, then offset in units of kEntryAlignment. 0 is nowhere.
using Address = uint32_t;
constexpr Address kNowhere = 0;
/// Large entries, which have mappings of their own, have the addresses from kFirstLarge on: twice
/// as many as the largest budget has room for, and as many addresses as a slab of 2 MiB.
constexpr uint32_t kMaxLargeEntries = uint32_t{1} << 19;
constexpr Address kFirstLarge = UINT32_MAX - kMaxLargeEntries + 1;

constexpr uint64_t kEntryAlignment = 4;
constexpr uint64_t kMaxKeyBytes = UINT16_MAX;
constexpr uint64_t kMaxValueBytes = UINT32_MAX;

/// The parts of an entry, and the number of bytes that they take.
struct EntryShape {
  uint64_t keyBytes = 0;
  uint64_t valueBytes = 0;
  bool expires = false;

  bool isLong() const { return keyBytes > UINT8_MAX || valueBytes > UINT16_MAX; }
  uint64_t bytes() const {
    const uint64_t exact = 12 + (isLong() ? 8 : 0) + (expires ? 8 : 0) + keyBytes + valueBytes;
    return (exact + kEntryAlignment - 1) & ~(kEntryAlignment - 1);
  }
};

class Entry {
 public:
  static constexpr uint8_t kLive = 1;
  static constexpr uint8_t kExpires = 2;
  static constexpr uint8_t kLong = 4;
  /// These bits are for the policy: the queue that the entry is in, and a count of two bits.
  static constexpr uint8_t kInSmallQueue = 8;
  static constexpr unsigned kUsesShift = 4;
  static constexpr uint8_t kMaxUses = 3;

  /// Makes the header of a live entry; key and value MUST be written after it.
  void begin(const EntryShape& shape) {
    setLinks(kNowhere, kNowhere);
    setSizes(shape.keyBytes, shape.valueBytes, shape.isLong(),
             shape.expires ? kLive | kExpires : kLive);
  }
  /// Makes a dead entry of `bytes`, a multiple of kEntryAlignment and at least 16, that stands for
  /// a gap.
  void beginGap(uint64_t bytes) {
    setLinks(kNowhere, kNowhere);
    const bool fitsShort = bytes - 12 <= UINT16_MAX;
    setSizes(0, bytes - (fitsShort ? 12 : 20), !fitsShort, 0);
  }

  uint8_t state() const { return state_.load(std::memory_order_relaxed); }
  void setState(uint8_t state) { state_.store(state, std::memory_order_relaxed); }
  /// Returns false where another thread has changed the state from `expected`.
  bool changeState(uint8_t expected, uint8_t state) {
    return state_.compare_exchange_strong(expected, state, std::memory_order_relaxed);
  }
  uint8_t uses() const { return state() >> kUsesShift & kMaxUses; }
  bool live() const { return (state() & kLive) != 0; }
  bool expires() const { return (state() & kExpires) != 0; }
  void die() { setState(static_cast<uint8_t>(state() & ~kLive)); }

  Address newer() const { return newer_.load(std::memory_order_relaxed); }
  Address older() const { return older_.load(std::memory_order_relaxed); }
  void setNewer(Address address) { newer_.store(address, std::memory_order_relaxed); }
  void setOlder(Address address) { older_.store(address, std::memory_order_relaxed); }
  void setLinks(Address newer, Address older) {
    setNewer(newer);
    setOlder(older);
  }

  uint64_t keyBytes() const { return parts().keyBytes; }
  uint64_t valueBytes() const { return parts().valueBytes; }
  uint64_t payloadBytes() const { return parts().keyBytes + parts().valueBytes; }
  uint64_t bytes() const {
    // The offset of the key decides: a gap may have long sizes without need.
    const Parts at = parts();
    const uint64_t exact = at.keyAt + at.keyBytes + at.valueBytes;
    return (exact + kEntryAlignment - 1) & ~(kEntryAlignment - 1);
  }

  /// Returns the deadline; an entry without a time to live never expires.
  Deadline deadline() const {
    if (!expires()) return {};
    uint64_t bits;
    std::memcpy(&bits, base() + deadlineOffset(), sizeof bits);
    return Deadline::ofBits(bits);
  }
  void setDeadline(Deadline deadline) {
    const uint64_t bits = deadline.bits();
    std::memcpy(base() + deadlineOffset(), &bits, sizeof bits);
  }

  char* keyData() { return base() + parts().keyAt; }
  char* valueData() { return keyData() + keyBytes(); }
  std::string_view key() const {
    const Parts at = parts();
    return {base() + at.keyAt, at.keyBytes};
  }
  bool hasKey(std::string_view key) const {
    const Parts at = parts();
    return at.keyBytes == key.size() && sameBytes(base() + at.keyAt, key.data(), key.size());
  }
  std::string_view value() const {
    const Parts at = parts();
    return {base() + at.keyAt + at.keyBytes, at.valueBytes};
  }

 private:
  static constexpr unsigned kHeaderBytes = 12;

  struct Parts {
    uint64_t keyAt;
    uint64_t keyBytes;
    uint64_t valueBytes;
  };
  Parts parts() const {
    const uint64_t flags = state();
    static_assert(uint64_t{kExpires} * 4 == sizeof(uint64_t),
                  "the deadline's bytes without a branch");
    const uint64_t deadlineBytes = (flags & kExpires) * 4;
    if ((flags & kLong) != 0) return {kHeaderBytes + 8 + deadlineBytes, longSize(4), longSize(0)};
    return {kHeaderBytes + deadlineBytes, shortKeyBytes_, shortValueBytes_};
  }

  char* base() { return reinterpret_cast<char*>(this); }
  const char* base() const { return reinterpret_cast<const char*>(this); }
  size_t deadlineOffset() const { return (state() & kLong) != 0 ? kHeaderBytes + 8 : kHeaderBytes; }
  uint32_t longSize(size_t at) const {
    uint32_t size;
    std::memcpy(&size, base() + 12 + at, sizeof size);
    return size;
  }
  void setSizes(uint64_t keyBytes, uint64_t valueBytes, bool isLong, int state) {
    shortValueBytes_ = isLong ? uint16_t{0} : static_cast<uint16_t>(valueBytes);
    shortKeyBytes_ = isLong ? uint8_t{0} : static_cast<uint8_t>(keyBytes);
    setState(static_cast<uint8_t>(isLong ? state | kLong : state));
    if (!isLong) return;
    const auto longValue = static_cast<uint32_t>(valueBytes);
    const auto longKey = static_cast<uint32_t>(keyBytes);
    std::memcpy(base() + 12, &longValue, 4);
    std::memcpy(base() + 16, &longKey, 4);
  }

  std::atomic<Address> newer_;
  std::atomic<Address> older_;
  uint16_t shortValueBytes_;
  uint8_t shortKeyBytes_;
  std::atomic<uint8_t> state_;
};
static_assert(sizeof(Entry) == 12, "the layout above");

/// The smallest entry has a key of one byte and no value.
constexpr uint64_t kSmallestEntryBytes = 16;

}  // namespace ebbcache
