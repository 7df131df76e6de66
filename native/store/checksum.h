// A checksum of 64 bits: SipHash-1-3 with a key that everybody knows, against damage by chance and
// not against who means to forge it. In the machine's own byte order, like the hash.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/siphash.h"

namespace ebbcache {

inline uint64_t checksum(std::string_view bytes) {
  // That of the test vectors of SipHash: the bytes 0 to 15.
  constexpr HashSeed kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  return sipHash13(bytes, kKey);
}

}  // namespace ebbcache
