#include "codec/json_writer.h"

#include <algorithm>
#include <cstring>

#include "codec/iso_time.h"
#include "codec/json_number.h"
#include "codec/json_text.h"

namespace ebbcache {
namespace {

constexpr uint8_t kTimestampType = 0xff;
/// The bytes of the token of an integer that JavaScript reads as a bigint.
constexpr ptrdiff_t kBigIntBytes = 9;
/// The most bytes of the number of a name, as JavaScript reads it.
constexpr ptrdiff_t kMaxNameNumberBytes = 3;
/// The bytes that are copied for a name, however short it is.
constexpr size_t kNameRoom = 64;
/// There is room for so much before each member of a value: for a name with what is copied behind
/// it, and then for a number, a time, a word, a short text, or the beginning of another value.
constexpr size_t kRoomBytes = 256;
/// Larger texts are written in parts, so that room for what all of their bytes may become is not
/// needed at once.
constexpr size_t kPartBytes = 1024;
/// Numbers from this one on are no indexes of an array.
constexpr uint64_t kIndexes = 0xffffffff;
constexpr size_t kMaxIndexDigits = 10;

uint64_t readBigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

/// The index of an array that the key is in JavaScript; kIndexes for another key.
uint64_t indexOf(std::string_view key) {
  if (key.size() > kMaxIndexDigits || (key[0] == '0' && key.size() > 1)) return kIndexes;
  uint64_t index = 0;
  for (const char digit : key) {
    if (digit < '0' || digit > '9') return kIndexes;
    index = 10 * index + static_cast<uint64_t>(digit - '0');
  }
  return index < kIndexes ? index : kIndexes;
}

char* writeWord(std::string_view word, char* at) {
  std::memcpy(at, word.data(), word.size());
  return at + word.size();
}

double doubleOf(uint64_t bits) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

}  // namespace

bool JsonWriter::write(std::string_view value, const Dictionary* names, Room room) {
  json_ = {};
  // The offsets of keys have 32 bits.
  if (value.size() > UINT32_MAX / 2) return false;
  names_ = names;
  maxBytes_ = kMaxRatio * value.size() + kRoomBytes;
  depth_ = 0;
  keys_.begin(value, names);
  begin_ = room.bytes;
  limit_ = room.bytes + room.capacity;
  const char* const end = writeAll(value);
  if (end == nullptr) return false;
  json_ = {begin_, static_cast<size_t>(end - begin_)};
  return true;
}

char* JsonWriter::moveToOwn(const char* at, size_t bytes) {
  const auto written = static_cast<size_t>(at - begin_);
  if (begin_ != own_.data() || begin_ == nullptr) {
    if (written > maxBytes_ || bytes > maxBytes_ - written) return nullptr;
    if (!own_.reset(0, std::min(2 * written + bytes, maxBytes_))) return nullptr;
    own_.append({begin_, written});
  } else {
    own_.endAt(at);
    if (!own_.ensureRoom(bytes, maxBytes_)) return nullptr;
  }
  begin_ = own_.data();
  limit_ = begin_ + own_.capacity();
  return begin_ + written;
}

// These write at `at`, where there is room for kRoomBytes or what is left of it, and return the end
// of what they wrote, or null where they decline. They do not keep the position in a member,
// because the next write would wait for it.

char* JsonWriter::writeName(uint32_t number, Level& level, char* at) {
  if (number >= names_->nameCount()) return nullptr;
  const std::string_view name = names_->name(number);
  const size_t keys = keys_.count();
  if (!keys_.addName(number)) return nullptr;
  const std::string_view all = names_->bytes();
  const auto readable = static_cast<size_t>(all.data() + all.size() - name.data());
  if (!names_->isOrdinary(number) || readable < kNameRoom) {
    return isOrdered(name, level, keys) ? writeText(name, ':', at) : nullptr;
  }
  // It copies more than the name, because the length of the name cannot be predicted.
  *at = '"';
  std::memcpy(at + 1, name.data(), kNameRoom / 2);
  if (name.size() > kNameRoom / 2) {
    std::memcpy(at + 1 + kNameRoom / 2, name.data() + kNameRoom / 2, kNameRoom / 2);
  }
  at += name.size() + 1;
  at[0] = '"';
  at[1] = ':';
  return at + 2;
}

/// Writes a text that MsgpackReader::nextShortText() read, between quotation marks.
char* JsonWriter::writeMarked(std::string_view text, char behind, char* at) {
  if (!copyShortText(text.data(), text.size(), at + 1)) return writeText(text, behind, at);
  *at = '"';
  at += text.size() + 1;
  at[0] = '"';
  at[1] = behind;
  return at + 2;
}

char* JsonWriter::writeAll(std::string_view value) {
  MsgpackReader reader(value);
  char* at = begin_;
  do {
    at = makeRoom(at, kRoomBytes);
    if (at == nullptr) return nullptr;
    if (depth_ != 0) {
      Level& level = levels_[depth_ - 1];
      if (level.left == 0) {
        at = leave(at);
        if (at == nullptr) return nullptr;
        continue;
      }
      --level.left;
      if (level.isMap) {
        uint32_t number = 0;
        at = names_ != nullptr && reader.nextSmallNumber(number) ? writeName(number, level, at)
                                                                 : writeKey(reader, level, at);
        if (at == nullptr) return nullptr;
      }
    }
    std::string_view text;
    uint8_t small = 0;
    if (reader.nextFixint(small)) {
      at = writeJsonInteger(small, at);
      *at++ = ',';
    } else if (reader.nextShortText(kShortTextBytes, text)) {
      at = writeMarked(text, ',', at);
    } else {
      at = writeValue(reader, at);
    }
    if (at == nullptr) return nullptr;
  } while (depth_ != 0);
  // The comma behind the value itself is no part of its JSON.
  return reader.atEnd() ? at - 1 : nullptr;
}

/// Writes the value, or the beginning of an array or a map, and the comma behind it.
char* JsonWriter::writeValue(MsgpackReader& reader, char* at) {
  // The caller's reader stays in registers, where nothing else refers to it.
  MsgpackReader rest = reader;
  MsgpackToken token;
  if (!rest.next(token)) return nullptr;
  const bool isBigInt = rest.at() - reader.at() == kBigIntBytes;
  reader = rest;
  const auto behind = [](char* end) {
    *end = ',';
    return end + 1;
  };
  switch (token.kind) {
    case MsgpackKind::kNil:
      return writeWord("null,", at);
    case MsgpackKind::kFalse:
      return writeWord("false,", at);
    case MsgpackKind::kTrue:
      return writeWord("true,", at);
    case MsgpackKind::kUnsigned:
      return isBigInt ? nullptr : behind(writeJsonInteger(token.number, at));
    case MsgpackKind::kSigned:
      return isBigInt ? nullptr
                      : behind(writeJsonNumber(
                            static_cast<double>(static_cast<int64_t>(token.number)), at));
    case MsgpackKind::kFloat64:
      return behind(writeJsonNumber(doubleOf(token.number), at));
    case MsgpackKind::kString:
      return writeText(token.body, ',', at);
    case MsgpackKind::kExtension:
      return writeTime(token, at);
    case MsgpackKind::kArray:
      return enter(token.number, false, at);
    case MsgpackKind::kMap:
      return enter(token.number, true, at);
    default:
      return nullptr;
  }
}

/// Writes a key that is a text, or a number among the last bytes of the value.
char* JsonWriter::writeKey(MsgpackReader& reader, Level& level, char* at) {
  MsgpackReader rest = reader;
  MsgpackToken token;
  if (!rest.next(token)) return nullptr;
  const auto bytes = rest.at() - reader.at();
  reader = rest;
  if (token.kind == MsgpackKind::kString) {
    if (!isOrdered(token.body, level, keys_.count()) || !keys_.addText(token.body)) return nullptr;
    return writeText(token.body, ':', at);
  }
  if (token.kind != MsgpackKind::kUnsigned || names_ == nullptr) return nullptr;
  if (bytes > kMaxNameNumberBytes) return nullptr;
  return writeName(static_cast<uint32_t>(token.number), level, at);
}

/// Whether JavaScript has the key behind all that came before it in the map.
bool JsonWriter::isOrdered(std::string_view key, Level& level, size_t keys) {
  // All others begin with something else.
  if (key.empty() || key[0] > '_') return true;
  if (key[0] == '_') return key != "__proto__";
  if (key[0] > '9') return true;
  const uint64_t index = indexOf(key);
  if (index == kIndexes) return true;
  const bool areAllIndexes = level.firstKey + level.indexes == keys;
  if (!areAllIndexes || (level.indexes != 0 && index <= level.lastIndex)) return false;
  ++level.indexes;
  level.lastIndex = static_cast<uint32_t>(index);
  return true;
}

/// Writes the text between quotation marks, and a character behind it; leaves as much room as there
/// was.
char* JsonWriter::writeText(std::string_view text, char behind, char* at) {
  *at++ = '"';
  do {
    const std::string_view part = wholeCharacters(text, kPartBytes);
    at = makeRoom(at, kMaxJsonBytesOfByte * part.size() + kRoomBytes);
    if (at != nullptr) at = writeJsonText(part, at);
    if (at == nullptr) return nullptr;
    text.remove_prefix(part.size());
  } while (!text.empty());
  at[0] = '"';
  at[1] = behind;
  return at + 2;
}

/// Declines extensions of other kinds.
char* JsonWriter::writeTime(const MsgpackToken& token, char* at) {
  if (token.type != kTimestampType) return nullptr;
  const uint64_t bits = readBigEndian(token.body.substr(0, 8));
  double ms = 0;
  if (token.body.size() == 4) {
    ms = static_cast<double>(bits) * 1000;
  } else if (token.body.size() == 8) {
    // 30 bits of nanoseconds, then 34 of seconds, in the order of operations of the decoder.
    constexpr unsigned kSecondsBits = 34;
    const uint64_t seconds = bits & ((uint64_t{1} << kSecondsBits) - 1);
    ms = static_cast<double>(bits >> kSecondsBits) / 1e6 + static_cast<double>(seconds) * 1000;
  } else {
    return nullptr;
  }
  *at = '"';
  at = writeIsoTime(static_cast<uint64_t>(ms), at + 1);
  return writeWord("\",", at);
}

char* JsonWriter::enter(uint64_t count, bool isMap, char* at) {
  if (depth_ == kMaxDepth) return nullptr;
  levels_[depth_++] = {count, isMap, keys_.count(), 0, 0};
  *at = isMap ? '{' : '[';
  return at + 1;
}

char* JsonWriter::leave(char* at) {
  const Level& level = levels_[--depth_];
  if (level.isMap && !keys_.endMap(level.firstKey)) return nullptr;
  // The bracket replaces the comma behind the last member.
  if (at[-1] == ',') --at;
  at[0] = level.isMap ? '}' : ']';
  at[1] = ',';
  return at + 2;
}

}  // namespace ebbcache
