// A checksum of 64 bits: SipHash-1-3 with a public key. It detects accidental damage, and is no
// protection against forgery. Words are read in the machine's own byte order, as for the hash.
#pragma once

#include <cstdint>
#include <string_view>

#include "hash/siphash.h"

namespace ebbcache {

inline uint64_t checksum(std::string_view bytes) {
  // The key of SipHash's test vectors: the bytes 0 to 15.
  constexpr HashSeed kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  return sipHash13(bytes, kKey);
}

}  // namespace ebbcache
