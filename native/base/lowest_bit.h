// The number of the lowest bit that is set.
#pragma once

#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace ebbcache {

/// The number of the lowest bit of a word that is not 0.
inline uint32_t lowestBit(uint32_t word) {
#if defined(_MSC_VER)
  unsigned long number;
  _BitScanForward(&number, word);
  return number;
#else
  return static_cast<uint32_t>(__builtin_ctz(word));
#endif
}

}  // namespace ebbcache
