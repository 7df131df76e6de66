#include "codec/json_text.h"

namespace ebbcache {
namespace {

constexpr std::string_view kUnit = "\\u00";
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool isSpecial(uint8_t byte) {
  return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

template <typename Word>
uint64_t copyWord(const char* from, char* to) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  std::memcpy(to, &word, sizeof word);
  return word;
}

/// Copies a text that is written as it is; returns false for another one. Most texts are short, so
/// that a branch for each byte would take longer than all else.
bool copyPlain(std::string_view text, char* to) {
  const char* const from = text.data();
  const size_t size = text.size();
  uint64_t special = 0;
  if (size >= 8) {
    for (size_t i = 0; i + 8 < size; i += 8) {
      special |= specialBytes(copyWord<uint64_t>(from + i, to + i));
    }
    // Some bytes are in two words.
    special |= specialBytes(copyWord<uint64_t>(from + size - 8, to + size - 8));
  } else if (size >= 4) {
    const uint64_t first = copyWord<uint32_t>(from, to);
    special = specialBytes(first << 32 | copyWord<uint32_t>(from + size - 4, to + size - 4));
  } else {
    for (size_t i = 0; i < size; ++i) {
      if (isSpecial(static_cast<uint8_t>(from[i]))) return false;
      to[i] = from[i];
    }
  }
  return special == 0;
}

/// The length of the UTF-8 character of two bytes or more at `at`; 0 where there is none.
size_t characterBytes(const char* at, size_t left) {
  const auto byte = [at](size_t i) { return static_cast<uint8_t>(at[i]); };
  const auto first = byte(0);
  const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The bytes from 0x80 on continue a character; 0xc0 and 0xc1 would begin one that is too long.
  if (first < 0xc2 || first > 0xf4 || size > left) return 0;
  uint8_t least = 0x80;
  uint8_t most = 0xbf;
  if (first == 0xe0) least = 0xa0;
  if (first == 0xed) most = 0x9f;
  if (first == 0xf0) least = 0x90;
  if (first == 0xf4) most = 0x8f;
  if (byte(1) < least || byte(1) > most) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

char* writeEscape(uint8_t byte, char* at) {
  const auto writeShort = [at](char letter) {
    at[0] = '\\';
    at[1] = letter;
    return at + 2;
  };
  switch (byte) {
    case '\b':
      return writeShort('b');
    case '\f':
      return writeShort('f');
    case '\n':
      return writeShort('n');
    case '\r':
      return writeShort('r');
    case '\t':
      return writeShort('t');
    case '"':
    case '\\':
      return writeShort(static_cast<char>(byte));
    default:
      std::memcpy(at, kUnit.data(), kUnit.size());
      at[4] = kHexDigits[byte >> 4];
      at[5] = kHexDigits[byte & 0xf];
      return at + 6;
  }
}

char* writeSpecialText(std::string_view utf8, char* at) {
  for (size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<uint8_t>(utf8[i]);
    if (byte >= 0x80) {
      const size_t size = characterBytes(utf8.data() + i, utf8.size() - i);
      if (size == 0) return nullptr;
      std::memcpy(at, utf8.data() + i, size);
      at += size;
      i += size;
    } else if (isSpecial(byte)) {
      at = writeEscape(byte, at);
      ++i;
    } else {
      *at++ = utf8[i++];
    }
  }
  return at;
}

}  // namespace

char* writeJsonText(std::string_view utf8, char* at) {
  return copyPlain(utf8, at) ? at + utf8.size() : writeSpecialText(utf8, at);
}

std::string_view wholeCharacters(std::string_view utf8, size_t max) {
  if (utf8.size() <= max) return utf8;
  size_t size = max;
  while (size + 3 > max && (static_cast<uint8_t>(utf8[size]) & 0xc0) == 0x80) --size;
  return utf8.substr(0, size);
}

}  // namespace ebbcache
