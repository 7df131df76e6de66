// The shortest decimal digits from which a double can be read again, and of those the closest ones.
#pragma once

#include <array>
#include <cstdint>

namespace ebbcache {

/// The number 0.d1d2d3... times 10 to the power of `point`; d1 and the last digit are not 0.
struct DecimalDigits {
  static constexpr unsigned kMaxCount = 17;

  std::array<char, kMaxCount> digits;
  unsigned count = 0;
  int point = 0;
};

/// `number` MUST be finite and greater than 0.
DecimalDigits shortestDigits(double number);

/// The same, more slowly, by the C library. It is for those C++ libraries that do not have the
/// function, and depends on no locale.
DecimalDigits shortestDigitsByTrials(double number);

}  // namespace ebbcache
