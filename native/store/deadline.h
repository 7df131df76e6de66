// The expiry and the time to live of an entry, in 8 bytes.
//
//    63              48 47   45 44                                0
//   +------------------+-------+----------------------------------+
//   | time to live     | shift | expiry, ms of the store's clock  |
//   +------------------+-------+----------------------------------+
//     in units of 2^(4 * shift) ms, rounded up
//
// The time to live shows that the clock was set back: then more than all of it would be left. It is
// exact up to 65,535 ms, and up to a 4096th too long above.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ebbcache {

constexpr uint64_t kNeverExpires = UINT64_MAX;

class Deadline {
 public:
  static constexpr unsigned kExpiryBits = 45;
  /// The latest time that a store's clock may show. Expiry has room for one more.
  static constexpr uint64_t kMaxNow = (uint64_t{1} << kExpiryBits) - 3;
  /// The longest time to live, about 557 years: longer ones are shortened to it.
  static constexpr uint64_t kMaxTtl = uint64_t{UINT16_MAX} << 28U;

  /// The entry never expires.
  constexpr Deadline() = default;

  /// The deadline of an entry that is put at `now`, which is at most kMaxNow, and lives for
  /// `ttlMs`.
  static Deadline after(uint64_t now, uint64_t ttlMs) {
    const uint64_t ttl = std::min(ttlMs, kMaxTtl);
    uint64_t shift = 0;
    uint64_t units = ttl;
    while (units > UINT16_MAX) {
      shift += 4;
      units = (ttl + (uint64_t{1} << shift) - 1) >> shift;
    }
    const uint64_t expiry = std::min(now + ttl, kMaxNow + 1);
    return Deadline(units << kTtlAt | shift / 4 << kExpiryBits | expiry);
  }
  static constexpr Deadline ofBits(uint64_t bits) { return Deadline(bits); }

  uint64_t bits() const { return bits_; }
  bool isNever() const { return bits_ == kNeverExpires; }
  /// The time of the expiry; kNeverExpires for an entry that never expires.
  uint64_t expiry() const { return isNever() ? kNeverExpires : bits_ & kExpiryMask; }

  /// Whether an entry that can expire has expired: nothing is left of its time to live, or the
  /// clock was set back since and more than all of it would be left.
  bool isPast(uint64_t now) const {
    const uint64_t ttl = bits_ >> kTtlAt << 4 * (bits_ >> kExpiryBits & 7U);
    // Where nothing is left, the difference wraps and is larger than any time to live.
    return (bits_ & kExpiryMask) - now - 1 >= ttl;
  }

 private:
  static constexpr unsigned kTtlAt = 48;
  static constexpr uint64_t kExpiryMask = (uint64_t{1} << kExpiryBits) - 1;

  explicit constexpr Deadline(uint64_t bits) : bits_(bits) {}

  uint64_t bits_ = kNeverExpires;
};

}  // namespace ebbcache
