// Comparisons of bytes in few instructions, and without a branch for each byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#endif

namespace ebbcache {

/// Returns which of eight bytes are `wanted`. A byte of the differences is zero where neither its
/// high bit is set nor adding 127 to its other bits sets it (Hacker's Delight, 6-1).
inline uint32_t equalBytesOfWord(uint64_t bytes, uint8_t wanted) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kLows = 0x7f7f7f7f7f7f7f7f;
  const uint64_t differences = bytes ^ wanted * kOnes;
  const uint64_t equal = ~(((differences & kLows) + kLows) | differences | kLows);
  // The multiplication gathers bit 7 of each byte into the highest byte.
  return static_cast<uint32_t>((equal >> 7) * 0x0102040810204080 >> 56);
}

/// The form of equalBytes() that any processor can run.
template <uint32_t kCount>
uint32_t equalBytesByWords(const void* bytes, uint8_t wanted) {
  static_assert(kCount <= 16, "two words");
  uint64_t words[2];
  std::memcpy(words, bytes, sizeof words);
  return (equalBytesOfWord(words[0], wanted) | equalBytesOfWord(words[1], wanted) << 8) &
         ((uint32_t{1} << kCount) - 1);
}

/// Returns which of the first kCount of 16 bytes are `wanted`: a bit each, the first byte's the
/// lowest.
template <uint32_t kCount>
uint32_t equalBytes(const void* bytes, uint8_t wanted) {
#if defined(__SSE2__) || defined(_M_X64)
  static_assert(kCount <= 16, "one register");
  const __m128i all = _mm_loadu_si128(static_cast<const __m128i*>(bytes));
  const __m128i equal = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(wanted)));
  return static_cast<uint32_t>(_mm_movemask_epi8(equal)) & ((uint32_t{1} << kCount) - 1);
#else
  return equalBytesByWords<kCount>(bytes, wanted);
#endif
}

/// The same as memcmp(a, b, bytes) == 0, but inline for longer ranges.
inline bool sameBytes(const char* a, const char* b, size_t bytes) {
  const auto differences = [a, b](size_t at) {
    uint64_t words[2];
    uint64_t others[2];
    std::memcpy(words, a + at, sizeof words);
    std::memcpy(others, b + at, sizeof others);
    return (words[0] ^ others[0]) | (words[1] ^ others[1]);
  };
  constexpr size_t kStep = 16;
  if (bytes < kStep) return std::memcmp(a, b, bytes) == 0;
  const size_t last = bytes - kStep;
  for (size_t at = 0; at < last; at += kStep) {
    if (differences(at) != 0) return false;
  }
  return differences(last) == 0;
}

}  // namespace ebbcache
