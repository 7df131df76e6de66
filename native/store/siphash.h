// SipHash-1-3 (Aumasson and Bernstein, 2012), the variant of Rust's and Python's hash tables: keys
// come from strangers, and without the seed they cannot be made to collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebbcache {

struct HashSeed {
  uint64_t k0 = 0;
  uint64_t k1 = 0;

  /// From the system's entropy.
  static HashSeed random();
};

uint64_t sipHash13(std::string_view bytes, const HashSeed& seed);

}  // namespace ebbcache
