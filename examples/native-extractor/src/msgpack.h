// As much of msgpack as facts need: https://msgpack.org
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

class MsgpackWriter {
 public:
  /// Up to 15 pairs follow, each a text and a value.
  void map(uint8_t pairs) { byte(0x80 | pairs); }

  /// UTF-8 of up to 255 bytes.
  void text(std::string_view text) {
    byte(0xd9);
    sized(text);
  }

  /// Up to 255 bytes; a Buffer in JavaScript.
  void bytes(std::string_view bytes) {
    byte(0xc4);
    sized(bytes);
  }

  /// As a double above 32 bits: JavaScript would read a bigint.
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

/// Whether the bytes begin a map: an object in JavaScript.
inline bool beginsMap(const unsigned char* bytes, size_t length) {
  return length > 0 && ((bytes[0] & 0xF0) == 0x80 || bytes[0] == 0xde || bytes[0] == 0xdf);
}
