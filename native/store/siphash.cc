#include "store/siphash.h"

#include <cstring>
#include <random>

namespace ebbcache {
namespace {

inline uint64_t rotateLeft(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

struct SipState {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = rotateLeft(v1, 13) ^ v0;
    v0 = rotateLeft(v0, 32);
    v2 += v3;
    v3 = rotateLeft(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotateLeft(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotateLeft(v1, 17) ^ v2;
    v2 = rotateLeft(v2, 32);
  }

  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

HashSeed HashSeed::random() {
  std::random_device entropy;
  const auto word = [&entropy] { return uint64_t{entropy()} << 32 | uint64_t{entropy()}; };
  HashSeed seed;
  seed.k0 = word();
  seed.k1 = word();
  return seed;
}

// Words are read in the machine's own byte order: a hash never leaves the machine.
uint64_t sipHash13(std::string_view bytes, const HashSeed& seed) {
  SipState state{seed.k0 ^ 0x736f6d6570736575U, seed.k1 ^ 0x646f72616e646f6dU,
                 seed.k0 ^ 0x6c7967656e657261U, seed.k1 ^ 0x7465646279746573U};
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    state.absorb(word);
  }
  uint64_t last = 0;
  if (left > 0) std::memcpy(&last, at, left);
  state.absorb(last | uint64_t{bytes.size()} << 56);
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace ebbcache
