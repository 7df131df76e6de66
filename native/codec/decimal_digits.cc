#include "codec/decimal_digits.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace ebbcache {
namespace {

/// The length of "d.dddddddddddddddde-ddd" and the final 0, with some to spare.
constexpr size_t kTextBytes = 40;
/// A decimal of so many digits has one double, which has no shorter decimal unless its last digits
/// are 0; only the very small numbers have fewer digits than that.
constexpr unsigned kCertainDigits = 15;

/// Reads "d.ddde-dd", with any decimal point.
DecimalDigits parseScientific(const char* at, const char* end) {
  DecimalDigits parsed;
  for (; at != end && *at != 'e'; ++at) {
    if (*at >= '0' && *at <= '9' && parsed.count < DecimalDigits::kMaxCount) {
      parsed.digits[parsed.count++] = *at;
    }
  }
  while (parsed.count > 1 && parsed.digits[parsed.count - 1] == '0') --parsed.count;
  const bool isNegative = end - at > 1 && at[1] == '-';
  int exponent = 0;
  for (; at != end; ++at) {
    if (*at >= '0' && *at <= '9') exponent = 10 * exponent + (*at - '0');
  }
  parsed.point = (isNegative ? -exponent : exponent) + 1;
  return parsed;
}

/// The decimal of so many digits that is closest to the number.
DecimalDigits closestDigits(double number, unsigned count) {
  std::array<char, kTextBytes> text;
  const int size =
      std::snprintf(text.data(), text.size(), "%.*e", static_cast<int>(count - 1), number);
  return parseScientific(text.data(), text.data() + (size > 0 ? size : 0));
}

double numberOf(const DecimalDigits& decimal) {
  // The text has no decimal point, because locales have other characters for it.
  std::array<char, kTextBytes> text;
  std::memcpy(text.data(), decimal.digits.data(), decimal.count);
  const int exponent = decimal.point - static_cast<int>(decimal.count);
  const int size =
      std::snprintf(text.data() + decimal.count, text.size() - decimal.count, "e%d", exponent);
  if (size < 0) return 0;
  return std::strtod(text.data(), nullptr);
}

/// Adds one to the last of `count` digits.
void increment(DecimalDigits& decimal, unsigned count) {
  while (decimal.count < count) decimal.digits[decimal.count++] = '0';
  while (decimal.count > 0 && decimal.digits[decimal.count - 1] == '9') --decimal.count;
  if (decimal.count == 0) {
    decimal.digits[decimal.count++] = '1';
    ++decimal.point;
  } else {
    ++decimal.digits[decimal.count - 1];
  }
}

/// Whether the doubles below the number are closer to one another than those above it.
bool isPowerOfTwo(double number) {
  uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return (bits & ((uint64_t{1} << 52) - 1)) == 0;
}

bool isNormal(double number) {
  constexpr double kLeastNormal = 2.2250738585072014e-308;
  return number >= kLeastNormal;
}

}  // namespace

DecimalDigits shortestDigitsByTrials(double number) {
  const bool isUneven = isPowerOfTwo(number);
  for (unsigned count = isNormal(number) ? kCertainDigits : 1; count < DecimalDigits::kMaxCount;
       ++count) {
    DecimalDigits decimal = closestDigits(number, count);
    if (numberOf(decimal) == number) return decimal;
    if (!isUneven) continue;
    // The closest one may belong to the double below, and the next one to this.
    increment(decimal, count);
    if (numberOf(decimal) == number) return decimal;
  }
  return closestDigits(number, DecimalDigits::kMaxCount);
}

#if defined(__cpp_lib_to_chars)

DecimalDigits shortestDigits(double number) {
  std::array<char, kTextBytes> text;
  const std::to_chars_result result =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific);
  return parseScientific(text.data(), result.ptr);
}

#else

DecimalDigits shortestDigits(double number) {
  return shortestDigitsByTrials(number);
}

#endif

}  // namespace ebbcache
