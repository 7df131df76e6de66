#include "codec/json_number.h"

#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "codec/decimal_digits.h"

namespace ebbcache {
namespace {

/// Every integer up to it is a double.
constexpr double kLargestExact = 9007199254740991.0;
/// A decimal of 15 digits or fewer has a double of its own.
constexpr double kMaxShort = 1e15;
/// Smaller numbers may have an exponent.
constexpr double kMinPlain = 1e-6;
/// Numbers with more digits behind the point are found faster otherwise.
constexpr unsigned kShortDecimals = 8;
constexpr uint64_t kShortUnit = 100'000'000;

/// "00" to "99".
constexpr std::array<char, 200> makePairs() {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kPairs = makePairs();

/// Writes a number with few digits behind the point; null for another one.
char* writeShort(double number, char* at) {
  const double scaled = number * static_cast<double>(kShortUnit);
  if (!(number >= kMinPlain && scaled < kMaxShort)) return nullptr;
  const double raised = scaled + 0.5;
  const auto whole = static_cast<uint64_t>(raised);
  // Both are exact, so that their quotient is the double of the decimal.
  if (static_cast<double>(whole) / static_cast<double>(kShortUnit) != number) return nullptr;
  at = writeJsonInteger(whole / kShortUnit, at);
  *at++ = '.';
  unsigned decimals = kShortDecimals;
  uint64_t rest = whole % kShortUnit;
  // It is no integer, so that one of them is not 0.
  for (; rest % 10 == 0; rest /= 10) --decimals;
  for (unsigned i = decimals; i-- > 0; rest /= 10) at[i] = static_cast<char>('0' + rest % 10);
  return at + decimals;
}

char* writeZeros(int count, char* at) {
  for (int i = 0; i < count; ++i) *at++ = '0';
  return at;
}

char* writeDigits(const DecimalDigits& decimal, unsigned from, unsigned to, char* at) {
  std::memcpy(at, decimal.digits.data() + from, to - from);
  return at + (to - from);
}

/// Lays digits out as ECMAScript's Number::toString does.
char* writeLaidOut(const DecimalDigits& decimal, char* at) {
  const int point = decimal.point;
  const unsigned count = decimal.count;
  if (point > 0 && point <= 21) {
    const auto before = static_cast<unsigned>(point);
    if (count <= before) {
      return writeZeros(static_cast<int>(before - count), writeDigits(decimal, 0, count, at));
    }
    at = writeDigits(decimal, 0, before, at);
    *at++ = '.';
    return writeDigits(decimal, before, count, at);
  }
  if (point > -6 && point <= 0) {
    *at++ = '0';
    *at++ = '.';
    return writeDigits(decimal, 0, count, writeZeros(-point, at));
  }
  at = writeDigits(decimal, 0, 1, at);
  if (count > 1) {
    *at++ = '.';
    at = writeDigits(decimal, 1, count, at);
  }
  *at++ = 'e';
  *at++ = point > 0 ? '+' : '-';
  return writeJsonInteger(static_cast<uint64_t>(point > 0 ? point - 1 : 1 - point), at);
}

/// The text of each number below 128, and the number of its digits behind it.
constexpr std::array<std::array<char, 4>, 128> makeSmall() {
  std::array<std::array<char, 4>, 128> texts{};
  for (unsigned i = 0; i < 128; ++i) {
    const unsigned digits = i < 10 ? 1 : i < 100 ? 2 : 3;
    unsigned rest = i;
    for (unsigned j = digits; j-- > 0; rest /= 10) {
      texts[i][j] = static_cast<char>('0' + rest % 10);
    }
    texts[i][3] = static_cast<char>(digits);
  }
  return texts;
}
constexpr std::array<std::array<char, 4>, 128> kSmall = makeSmall();

}  // namespace

char* writeJsonInteger(uint64_t number, char* at) {
  if (number < kSmall.size()) {
    // It copies more than the digits, because their number cannot be predicted.
    std::memcpy(at, kSmall[number].data(), 4);
    return at + kSmall[number][3];
  }
  constexpr size_t kMaxDigits = 20;
  std::array<char, kMaxDigits> digits;
  size_t begin = kMaxDigits;
  for (; number >= 100; number /= 100) {
    begin -= 2;
    std::memcpy(digits.data() + begin, kPairs.data() + 2 * (number % 100), 2);
  }
  if (number >= 10) {
    begin -= 2;
    std::memcpy(digits.data() + begin, kPairs.data() + 2 * number, 2);
  } else {
    digits[--begin] = static_cast<char>('0' + number);
  }
  std::memcpy(at, digits.data() + begin, kMaxDigits - begin);
  return at + (kMaxDigits - begin);
}

char* writeJsonNumber(double number, char* at) {
  if (!std::isfinite(number)) {
    constexpr std::string_view kNull = "null";
    std::memcpy(at, kNull.data(), kNull.size());
    return at + kNull.size();
  }
  if (number < 0) {
    *at++ = '-';
    number = -number;
  }
  if (number <= kLargestExact) {
    const auto whole = static_cast<uint64_t>(number);
    if (static_cast<double>(whole) == number) return writeJsonInteger(whole, at);
  }
  char* const end = writeShort(number, at);
  return end != nullptr ? end : writeLaidOut(shortestDigits(number), at);
}

}  // namespace ebbcache
