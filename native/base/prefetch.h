// Prefetches cache lines before they are needed.
#pragma once

#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace ebbcache {

inline void prefetch(const void* address) {
#if defined(_MSC_VER) && defined(_M_X64)
  _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0);
#elif defined(_MSC_VER) && defined(_M_ARM64)
  __prefetch(address);
#elif defined(__GNUC__)
  __builtin_prefetch(address);
#endif
}

template <uint64_t kBytes>
void prefetchBytes(const void* address) {
  constexpr uint64_t kLine = 64;
  for (uint64_t at = 0; at < kBytes; at += kLine) prefetch(static_cast<const char*>(address) + at);
}

}  // namespace ebbcache
