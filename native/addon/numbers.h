// Numbers from JavaScript.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ebbcache {

/// A count of bytes, entries or ms; 0 for anything that is no such number.
inline uint64_t toCount(const Napi::Value& value) {
  constexpr double kLargestExact = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER
  if (value.IsEmpty() || !value.IsNumber()) return 0;
  const double number = value.As<Napi::Number>().DoubleValue();
  return number >= 0 && number <= kLargestExact ? static_cast<uint64_t>(number) : 0;
}

/// A time in ms since the epoch, which may be before it. 0 for anything that is no such number;
/// times beyond the range are cut to it.
inline int64_t toTime(const Napi::Value& value) {
  constexpr double kLargestExact = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER
  if (value.IsEmpty() || !value.IsNumber()) return 0;
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::isnan(number)) return 0;
  return static_cast<int64_t>(std::clamp(number, -kLargestExact, kLargestExact));
}

}  // namespace ebbcache
