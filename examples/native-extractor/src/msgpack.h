// The part of msgpack that facts need: https://msgpack.org
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

class MsgpackWriter {
 public:
  /// Begins a map; up to 15 pairs MUST follow, each a text and a value.
  void map(uint8_t pairs) { byte(0x80 | pairs); }

  /// Writes UTF-8 of up to 255 bytes.
  void text(std::string_view text) {
    byte(0xd9);
    sized(text);
  }

  /// Writes up to 255 bytes, which JavaScript reads as a Buffer.
  void bytes(std::string_view bytes) {
    byte(0xc4);
    sized(bytes);
  }

  /// Writes numbers above 32 bits as a double, because JavaScript would read a bigint.
  void number(uint64_t number) {
    if (number <= UINT32_MAX) {
      byte(0xce);
      bigEndian(number, 4);
      return;
    }
    const auto real = static_cast<double>(number);
    uint64_t bits;
    std::memcpy(&bits, &real, sizeof bits);
    byte(0xcb);
    bigEndian(bits, 8);
  }

  const std::string& written() const { return out_; }

 private:
  void byte(unsigned value) { out_.push_back(static_cast<char>(value)); }
  void bigEndian(uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) byte((value >> shift) & 0xFF);
  }
  void sized(std::string_view data) {
    data = data.substr(0, 255);
    byte(static_cast<unsigned>(data.size()));
    out_.append(data);
  }

  std::string out_;
};

/// Whether the bytes begin a map, which JavaScript reads as an object.
inline bool beginsMap(const unsigned char* bytes, size_t length) {
  return length > 0 && ((bytes[0] & 0xF0) == 0x80 || bytes[0] == 0xde || bytes[0] == 0xdf);
}
