// The layout of a value in a store whose values are compact. Numbers are little-endian.
//
//   0      1        2                 6
//   +------+--------+-----------------+---------------------------------------------+
//   | 0xc1 | method | dictionary id   | body                                        |
//   | u8   | u8     | u32, by method  |                                             |
//   +------+--------+-----------------+---------------------------------------------+
//
//   method 0  the body follows at once: bytes that begin with 0xc1 themselves
//          1  the dictionary's numbers in place of names, see compact_names.h
//          2  the same, in a frame of zstd that was made with the dictionary
//
// msgpack has no byte 0xc1, so bytes that begin with another one are a value as it is.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebbcache {

enum class StorageMethod : uint8_t { kRaw, kNames, kZstd };

struct StoredValue {
  static constexpr auto kMark = static_cast<char>(0xc1);
  static constexpr size_t kRawHeaderBytes = 2;
  static constexpr size_t kHeaderBytes = 6;

  StorageMethod method = StorageMethod::kRaw;
  /// 0 where none is needed.
  uint32_t dictionaryId = 0;
  std::string_view body;

  /// Whether bytes are to be parsed; others are a value as they are.
  static bool isMarked(std::string_view bytes) { return !bytes.empty() && bytes[0] == kMark; }

  /// Returns false for marked bytes that have no such layout.
  bool parse(std::string_view bytes) {
    if (bytes.size() < kRawHeaderBytes || bytes[0] != kMark) return false;
    method = static_cast<StorageMethod>(bytes[1]);
    if (method == StorageMethod::kRaw) {
      body = bytes.substr(kRawHeaderBytes);
      return true;
    }
    if (method > StorageMethod::kZstd || bytes.size() < kHeaderBytes) return false;
    dictionaryId = 0;
    for (size_t i = kHeaderBytes; i-- > kRawHeaderBytes;) {
      dictionaryId = dictionaryId << 8 | static_cast<uint8_t>(bytes[i]);
    }
    body = bytes.substr(kHeaderBytes);
    return true;
  }

  /// Writes the header of bytes that begin with the mark themselves, which takes kRawHeaderBytes.
  static void writeRawHeader(char* out) {
    out[0] = kMark;
    out[1] = static_cast<char>(StorageMethod::kRaw);
  }
  /// Writes the header of a value that needs a dictionary, which takes kHeaderBytes.
  static void writeHeader(char* out, StorageMethod method, uint32_t dictionaryId) {
    out[0] = kMark;
    out[1] = static_cast<char>(method);
    for (unsigned i = 0; i < 4; ++i) {
      out[kRawHeaderBytes + i] = static_cast<char>(dictionaryId >> (8 * i) & 0xff);
    }
  }
};

}  // namespace ebbcache
