// Writes UTF-8 as the text of a JSON string, as JSON.stringify writes the same string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ebbcache {

/// The maximum number of bytes that one byte of UTF-8 becomes.
constexpr size_t kMaxJsonBytesOfByte = 6;

/// Writes the text without quotation marks at `at`, where there MUST be room for all that it may
/// become, and returns the end of what it wrote; null for bytes that are not UTF-8.
char* writeJsonText(std::string_view utf8, char* at);

/// The most bytes of the beginning of the text, up to `max`, that end with a whole character where
/// the text is UTF-8. `max` MUST be 4 or more.
std::string_view wholeCharacters(std::string_view utf8, size_t max);

/// Has the highest bit of each byte that is not written as it is, and perhaps of higher bytes.
constexpr uint64_t specialBytes(uint64_t word) {
  constexpr uint64_t kEachByte = 0x0101010101010101;
  const auto zeros = [](uint64_t of) { return (of - kEachByte) & ~of; };
  const uint64_t special = word | (word - 0x20 * kEachByte) | zeros(word ^ '"' * kEachByte) |
                           zeros(word ^ '\\' * kEachByte);
  return special & (0x80 * kEachByte);
}

/// The maximum number of bytes of a text for copyShortText.
constexpr size_t kShortTextBytes = 64;

/// Copies half of so many bytes, and returns those that specialBytes() finds among the first
/// `size`.
inline uint64_t specialOfHalf(const char* from, size_t size, char* to) {
  uint64_t special = 0;
  for (size_t i = 0; i < kShortTextBytes / 2; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, from + i, sizeof word);
    std::memcpy(to + i, &word, sizeof word);
    // The first bytes are the lowest ones, as on every machine that this is built for.
    const size_t left = size > i ? size - i : 0;
    const uint64_t isText = left >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * left)) - 1;
    special |= specialBytes(word) & isText;
  }
  return special;
}

/// Copies kShortTextBytes bytes, all of which MUST be readable and have room, and returns whether
/// the first `size` of them, up to so many, are written as they are. It has a single branch,
/// because neither the length nor the content of the texts of a value can be predicted.
inline bool copyShortText(const char* from, size_t size, char* to) {
  constexpr size_t kHalf = kShortTextBytes / 2;
  uint64_t special = specialOfHalf(from, size, to);
  if (size > kHalf) special |= specialOfHalf(from + kHalf, size - kHalf, to + kHalf);
  return special == 0;
}

}  // namespace ebbcache
