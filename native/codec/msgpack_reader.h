// Reads msgpack token by token, in place. All bounds are checked and nothing is allocated, so the
// bytes may come from anybody.
//
//   nil  false  true  integer  float          one token
//   string  binary  extension                 one token with its body
//   array, map                                a token with the count of what follows
//   box: extension of one byte 0 | value      a token, and the value that it stands for
//
// A box is how the JavaScript codec writes what msgpack has no type for (lib/codec/boxes.ts): its
// extension announces a list that follows.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ebbcache {

enum class MsgpackKind : uint8_t {
  kNil,
  kFalse,
  kTrue,
  kUnsigned,
  kSigned,
  kFloat32,
  kFloat64,
  kString,
  kBinary,
  kExtension,
  kArray,
  kMap,
};

struct MsgpackToken {
  MsgpackKind kind = MsgpackKind::kNil;
  /// The type of an extension.
  uint8_t type = 0;
  /// An integer, in two's complement where it is signed; the bits of a float; the number of members
  /// of an array, or of pairs of a map.
  uint64_t number = 0;
  /// The bytes of a string, a binary value or an extension.
  std::string_view body;

  /// Whether it announces a box, whose value is the next one.
  bool isBox() const {
    return kind == MsgpackKind::kExtension && body.size() == 1 && body[0] == 0 && isBoxType(type);
  }

 private:
  static bool isBoxType(uint8_t type) {
    // Set, RegExp, array with holes, error, Map, object with the key '__proto__'.
    return type == 0x73 || type == 0x78 || type == 0x7a || (type >= 0x7c && type <= 0x7e);
  }
};

class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// The next byte to be read.
  const char* at() const { return at_; }
  uint64_t left() const { return static_cast<uint64_t>(end_ - at_); }
  bool atEnd() const { return at_ == end_; }

  /// Returns false at the end, and for a token that is not whole or does not exist. An array or a
  /// map has no more members than bytes are left.
  bool next(MsgpackToken& token) {
    if (at_ == end_) return false;
    const auto first = static_cast<uint8_t>(*at_++);
    if (first < 0x80) return integer(token, MsgpackKind::kUnsigned, first);
    if (first >= 0xe0) {
      return integer(token, MsgpackKind::kSigned,
                     static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(first))));
    }
    if (first >= 0xa0 && first < 0xc0) return body(token, MsgpackKind::kString, first & 0x1f);
    if (first < 0x90) return members(token, MsgpackKind::kMap, first & 0x0f);
    if (first < 0xa0) return members(token, MsgpackKind::kArray, first & 0x0f);
    return nextLong(token, first);
  }

  /// Reads a string of up to `readable` bytes from whose beginning so many bytes are readable.
  /// Returns false, with nothing read, for anything else.
  bool nextShortText(size_t readable, std::string_view& text) {
    constexpr size_t kMaxHeaderBytes = 2;
    if (left() < readable + kMaxHeaderBytes) return false;
    const auto first = static_cast<uint8_t>(at_[0]);
    const bool isLong = first == 0xd9;
    if (!isLong && (first & 0xe0) != 0xa0) return false;
    const size_t size = isLong ? static_cast<uint8_t>(at_[1]) : first & 0x1f;
    if (size > readable) return false;
    at_ += isLong ? 2 : 1;
    text = {at_, size};
    at_ += size;
    return true;
  }

  /// Reads an integer from 0 to 127 of one byte. Returns false, with nothing read, for anything
  /// else.
  bool nextFixint(uint8_t& number) {
    if (atEnd() || static_cast<uint8_t>(*at_) >= 0x80) return false;
    number = static_cast<uint8_t>(*at_++);
    return true;
  }

  /// Reads an integer from 0 to 65,535 of three bytes or fewer. Returns false, with nothing read,
  /// for anything else, and where it is one of the last bytes.
  bool nextSmallNumber(uint32_t& number) {
    constexpr size_t kMaxBytes = 3;
    if (left() < kMaxBytes) return false;
    const auto first = static_cast<uint8_t>(at_[0]);
    if (first >= 0x80 && first != 0xcc && first != 0xcd) return false;
    // There are no branches, because the length cannot be predicted.
    const uint32_t more = (first >> 7) * (first - 0xcbU);
    const uint32_t three = uint32_t{first} << 16 | uint32_t{static_cast<uint8_t>(at_[1])} << 8 |
                           static_cast<uint8_t>(at_[2]);
    number = three >> (16 - 8 * more) & (0xffffU >> (8 * (more < 2 ? 1 : 0)));
    at_ += 1 + more;
    return true;
  }

  /// Passes one value over, with all that is in it. Returns false where it is not whole.
  bool skip() {
    for (uint64_t pending = 1; pending != 0; --pending) {
      if (at_ == end_) return false;
      // Most tokens are no longer than their first byte says, or texts of up to 255 bytes.
      const auto first = static_cast<uint8_t>(*at_);
      uint64_t size = kTokenBytes[first];
      if (first == 0xd9 && left() > 1) size = uint64_t{2} + static_cast<uint8_t>(at_[1]);
      if (size > left()) return false;
      at_ += size;
      if (size == 0 && !skipLong(pending)) return false;
    }
    return true;
  }

 private:
  bool nextLong(MsgpackToken& token, uint8_t first) {
    uint64_t size = 0;
    switch (first) {
      case 0xc0:
        return plain(token, MsgpackKind::kNil);
      case 0xc2:
        return plain(token, MsgpackKind::kFalse);
      case 0xc3:
        return plain(token, MsgpackKind::kTrue);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return number(size, 1U << (first - 0xc4)) && body(token, MsgpackKind::kBinary, size);
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return number(size, 1U << (first - 0xc7)) && extension(token, size);
      case 0xca:
        return number(size, 4) && integer(token, MsgpackKind::kFloat32, size);
      case 0xcb:
        return number(size, 8) && integer(token, MsgpackKind::kFloat64, size);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return number(size, 1U << (first - 0xcc)) && integer(token, MsgpackKind::kUnsigned, size);
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return signedNumber(size, 1U << (first - 0xd0)) &&
               integer(token, MsgpackKind::kSigned, size);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return extension(token, uint64_t{1} << (first - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return number(size, 1U << (first - 0xd9)) && body(token, MsgpackKind::kString, size);
      case 0xdc:
      case 0xdd:
        return number(size, 2U << (first - 0xdc)) && members(token, MsgpackKind::kArray, size);
      case 0xde:
      case 0xdf:
        return number(size, 2U << (first - 0xde)) && members(token, MsgpackKind::kMap, size);
      default:
        return false;
    }
  }

  static bool plain(MsgpackToken& token, MsgpackKind kind) {
    token.kind = kind;
    return true;
  }
  static bool integer(MsgpackToken& token, MsgpackKind kind, uint64_t number) {
    token.kind = kind;
    token.number = number;
    return true;
  }
  bool members(MsgpackToken& token, MsgpackKind kind, uint64_t count) const {
    token.kind = kind;
    token.number = count;
    return count <= left();
  }
  bool body(MsgpackToken& token, MsgpackKind kind, uint64_t size) {
    if (size > left()) return false;
    token.kind = kind;
    token.body = {at_, size};
    at_ += size;
    return true;
  }
  bool extension(MsgpackToken& token, uint64_t size) {
    if (left() == 0) return false;
    token.type = static_cast<uint8_t>(*at_++);
    return body(token, MsgpackKind::kExtension, size);
  }
  /// A big-endian number of so many bytes.
  bool number(uint64_t& out, unsigned bytes) {
    if (bytes > left()) return false;
    out = 0;
    for (unsigned i = 0; i < bytes; ++i) out = out << 8 | static_cast<uint8_t>(*at_++);
    return true;
  }
  bool signedNumber(uint64_t& out, unsigned bytes) {
    if (!number(out, bytes)) return false;
    const unsigned unused = 64 - 8 * bytes;
    out = static_cast<uint64_t>(static_cast<int64_t>(out << unused) >> unused);
    return true;
  }

  /// Passes over a token whose first byte does not tell its size, and adds what it announces.
  bool skipLong(uint64_t& pending) {
    MsgpackToken token;
    if (!next(token)) return false;
    if (token.kind == MsgpackKind::kArray) pending += token.number;
    if (token.kind == MsgpackKind::kMap) pending += 2 * token.number;
    if (token.isBox()) ++pending;
    // Each value takes a byte or more.
    return pending - 1 <= left();
  }

  /// The number of bytes of a token with nothing behind it, by its first byte; 0 for the others.
  static constexpr std::array<uint8_t, 256> tokenBytes() {
    std::array<uint8_t, 256> bytes{};
    for (unsigned first = 0; first < 0x80; ++first) bytes[first] = 1;
    for (unsigned first = 0xa0; first < 0xc0; ++first) {
      bytes[first] = static_cast<uint8_t>(1 + (first & 0x1f));
    }
    for (unsigned first = 0xe0; first < 0x100; ++first) bytes[first] = 1;
    for (const unsigned first : {0x80U, 0x90U, 0xc0U, 0xc2U, 0xc3U}) bytes[first] = 1;
    for (unsigned i = 0; i < 4; ++i) {
      bytes[0xcc + i] = bytes[0xd0 + i] = static_cast<uint8_t>(1 + (1U << i));
    }
    bytes[0xca] = 5;
    bytes[0xcb] = 9;
    // An extension of one byte may announce a box.
    for (unsigned i = 1; i < 5; ++i) bytes[0xd4 + i] = static_cast<uint8_t>(2 + (1U << i));
    return bytes;
  }
  static const std::array<uint8_t, 256> kTokenBytes;

  const char* at_;
  const char* end_;
};

inline constexpr std::array<uint8_t, 256> MsgpackReader::kTokenBytes = MsgpackReader::tokenBytes();

}  // namespace ebbcache
