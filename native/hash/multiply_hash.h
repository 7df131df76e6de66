// A hash of keys up to 128 bytes by a few multiplications. A lookup waits for memory, so each
// instruction less lets the processor run further ahead, and SipHash takes three times as many.
//
//   sum   = (w0 + k0) (w1 + k1) + (w2 + k2) (w3 + k3) + ... + length k    mod 2^128
//   hash  = mix((a low(sum) + b high(sum) + c) mod 2^128 / 2^64)
//
// w are the key's 64-bit words. The sum is NH of UMAC (Black et al., CRYPTO '99): whichever two
// keys are taken, the chance of secrets k that give both one sum is 2^-64. The second line is
// strongly universal (Dietzfelbinger, STACS '96): for secret a, b and c the hashes of two sums are
// two random numbers, and so are any bits of them. mix() is a bijection, which leaves that so; it
// scatters keys that differ by a constant. Somebody who knows neither the secrets nor hashes can
// thus do no better than with random keys. No hash leaves the process, but a scan visits keys in
// the order of their hashes: that order MUST NOT be shown to those who may choose keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "hash/siphash.h"
#include "hash/uint128.h"

namespace ebbcache {

class MultiplyHash {
 public:
  static constexpr size_t kMaxBytes = 128;

  /// The secrets are SipHash values of a counter.
  explicit MultiplyHash(const HashSeed& seed);

  /// The hash of a key of kMaxBytes or fewer.
  uint64_t operator()(std::string_view key) const {
    const Uint128 sum =
        multiply(key.size(), length_) +
        (key.size() >= kBlockBytes ? sumOfBlocks(key) : product(shortBlock(key), last_));
    return mix(highWord(low_ * lowWord(sum) + high_ * highWord(sum) + constant_));
  }

  /// The `k` of the first word of a key of 16 bytes or fewer, and of the last 16 of a longer one. A
  /// test makes keys collide with it, which is possible only for those who know it.
  uint64_t secretOfLastBlock() const { return last_.first; }

 private:
  static constexpr size_t kBlockBytes = 16;

  struct Block {
    uint64_t first;
    uint64_t second;
  };

  static Uint128 product(const Block& block, const Block& secrets) {
    return multiply(block.first + secrets.first, block.second + secrets.second);
  }

  Uint128 sumOfBlocks(std::string_view key) const {
    const char* at = key.data();
    // Some bytes are in two blocks where the key is not a whole number of blocks.
    const char* const last = at + key.size() - kBlockBytes;
    Uint128 sum = product(blockAt(last), last_);
    for (const Block* secrets = blocks_.data(); at < last; at += kBlockBytes, ++secrets) {
      sum = sum + product(blockAt(at), *secrets);
    }
    return sum;
  }

  // Words are read in the machine's own byte order: a hash never leaves the machine.

  template <typename Word>
  static uint64_t read(const char* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  static Block blockAt(const char* at) { return {read<uint64_t>(at), read<uint64_t>(at + 8)}; }
  static Block shortBlock(std::string_view key) {
    const char* const start = key.data();
    const char* const end = start + key.size();
    if (key.size() >= 8) return {read<uint64_t>(start), read<uint64_t>(end - 8)};
    if (key.size() >= 4) return {read<uint32_t>(start), read<uint32_t>(end - 4)};
    if (key.empty()) return {0, 0};
    return {read<uint8_t>(start) << 8 | read<uint8_t>(end - 1),
            read<uint8_t>(start + key.size() / 2)};
  }

  uint64_t mix(uint64_t x) const {
    x ^= x >> 32;
    x *= odd_;
    return x ^ x >> 32;
  }

  std::array<Block, kMaxBytes / kBlockBytes - 1> blocks_;
  Block last_;
  uint64_t length_;
  Uint128 low_;
  Uint128 high_;
  Uint128 constant_;
  uint64_t odd_;
};

}  // namespace ebbcache
