// Asks for a cache line before it is needed.
#pragma once

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

}  // namespace ebbcache
