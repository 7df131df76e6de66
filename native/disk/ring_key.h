// The place of a key in the index. It follows from a hash with the file's own secret seed, so that
// whoever chooses keys cannot choose buckets.
#pragma once

#include <cstdint>
#include <string_view>

#include "disk/ring_layout.h"
#include "hash/siphash.h"
#include "hash/uint128.h"

namespace ebbcache {

/// The part of a key that chooses its bucket.
inline std::string_view placeOf(std::string_view key, RingKind kind) {
  return kind == RingKind::kRecords ? key.substr(0, key.find('\0')) : key;
}

struct RingKey {
  std::string_view key;
  uint64_t bucket;
  uint32_t tag;
};

class RingHash {
 public:
  RingHash(const RingHeader& header)
      : seed_{header.seed[0], header.seed[1]}, kind_(header.kind), buckets_(header.buckets) {}

  RingKey locate(std::string_view key) const {
    const std::string_view place = placeOf(key, kind_);
    const uint64_t hash = sipHash13(place, seed_);
    uint64_t tag = hash;
    if (place.size() < key.size()) tag ^= sipHash13(key.substr(place.size()), seed_);
    return {key, bucketOf(hash), tagOf(tag)};
  }
  uint64_t bucketOfPlace(std::string_view place) const { return bucketOf(sipHash13(place, seed_)); }

 private:
  /// Uses the high bits of the hash; tags are made of the low ones.
  uint64_t bucketOf(uint64_t hash) const { return highWord(multiply(hash, buckets_)); }
  static uint32_t tagOf(uint64_t hash) {
    const auto tag = static_cast<uint32_t>(hash);
    return tag == 0 ? 1 : tag;
  }

  HashSeed seed_;
  RingKind kind_;
  uint64_t buckets_;
};

}  // namespace ebbcache
