// SipHash-1-3 (Aumasson and Bernstein, 2012), the variant of Rust's and Python's hash tables: keys
// come from untrusted sources, and without the seed they cannot be made to collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ebbcache {

struct HashSeed {
  uint64_t k0 = 0;
  uint64_t k1 = 0;

  /// Returns a seed from the system's entropy.
  static HashSeed random();
};

class SipState {
 public:
  explicit SipState(const HashSeed& seed)
      : v0_(seed.k0 ^ 0x736f6d6570736575U),
        v1_(seed.k1 ^ 0x646f72616e646f6dU),
        v2_(seed.k0 ^ 0x6c7967656e657261U),
        v3_(seed.k1 ^ 0x7465646279746573U) {}

  void absorb(uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }

  uint64_t finish() {
    v2_ ^= 0xff;
    round();
    round();
    round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static uint64_t rotateLeft(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

  void round() {
    v0_ += v1_;
    v1_ = rotateLeft(v1_, 13) ^ v0_;
    v0_ = rotateLeft(v0_, 32);
    v2_ += v3_;
    v3_ = rotateLeft(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = rotateLeft(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = rotateLeft(v1_, 17) ^ v2_;
    v2_ = rotateLeft(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

/// Words are read in the machine's own byte order: a hash never leaves the machine.
inline uint64_t sipHash13(std::string_view bytes, const HashSeed& seed) {
  SipState state(seed);
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint64_t word;
  for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
    std::memcpy(&word, at, sizeof word);
    state.absorb(word);
  }
  uint64_t last = 0;
  if (bytes.size() >= sizeof word) {
    // The last eight bytes are read, without those that are absorbed already, which avoids a copy
    // of variable length.
    std::memcpy(&word, at + left - sizeof word, sizeof word);
    last = word >> 8 >> (56 - 8 * left);
  } else if (left > 0) {
    std::memcpy(&last, at, left);
  }
  state.absorb(last | uint64_t{bytes.size()} << 56);
  return state.finish();
}

}  // namespace ebbcache
