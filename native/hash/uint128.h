// Unsigned arithmetic modulo 2^128, native where the compiler has it.
#pragma once

#include <cstdint>

#if !defined(__SIZEOF_INT128__)
#include <intrin.h>
#endif

namespace ebbcache {

#if defined(__SIZEOF_INT128__)

__extension__ typedef unsigned __int128 Uint128;

inline Uint128 makeUint128(uint64_t high, uint64_t low) {
  return Uint128{high} << 64 | low;
}
inline uint64_t lowWord(Uint128 x) {
  return static_cast<uint64_t>(x);
}
inline uint64_t highWord(Uint128 x) {
  return static_cast<uint64_t>(x >> 64);
}
inline Uint128 multiply(uint64_t a, uint64_t b) {
  return Uint128{a} * b;
}

#else

struct Uint128 {
  uint64_t low = 0;
  uint64_t high = 0;
};

inline Uint128 makeUint128(uint64_t high, uint64_t low) {
  return {low, high};
}
inline uint64_t lowWord(const Uint128& x) {
  return x.low;
}
inline uint64_t highWord(const Uint128& x) {
  return x.high;
}
inline Uint128 multiply(uint64_t a, uint64_t b) {
  return {a * b, __umulh(a, b)};
}
inline Uint128 operator+(const Uint128& a, const Uint128& b) {
  const uint64_t low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1 : 0)};
}
inline Uint128 operator*(const Uint128& a, uint64_t b) {
  Uint128 product = multiply(a.low, b);
  product.high += a.high * b;
  return product;
}

#endif

}  // namespace ebbcache
