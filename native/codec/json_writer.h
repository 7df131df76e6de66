// Writes msgpack as the JSON that JSON.stringify makes of the value which JavaScript decodes from
// the same bytes (lib/codec/decoder.ts), without making the value.
//
//   nil, booleans, numbers, texts     as they are; NaN and the infinities as null
//   timestamps of 32 and 64 bits      as Date.prototype.toISOString writes them
//   arrays, maps                      members in their order, without spaces
//
// It declines all values of which it does not know exactly what JavaScript makes of them; the
// caller then has JavaScript do it. These are
//
//   - other extensions, binary values, floats of 32 bits, and integers of 64, which are bigints;
//   - maps with one key twice, with the key '__proto__', or with keys that are indexes of arrays,
//     which JavaScript sorts, unless these come first and in order;
//   - texts that are not UTF-8, and values that are not whole or nested too deeply.
//
// The bytes may come from anybody: all bounds are checked, and the memory that it takes is bounded
// by the value's bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/byte_buffer.h"
#include "codec/dictionary.h"
#include "codec/distinct_keys.h"
#include "codec/msgpack_reader.h"

namespace ebbcache {

class JsonWriter {
 public:
  /// It takes no more bytes of memory of its own for each byte of a value, and declines a value
  /// that would need them.
  static constexpr size_t kMaxRatio = 48;

  /// Memory of the caller that JSON is written to as far as it has room.
  struct Room {
    char* bytes = nullptr;
    size_t capacity = 0;
  };

  /// Writes the value, which MUST be all that the bytes have. A key may be a number: that of a name
  /// in `names`, which may be null. Returns false where it declines, and where the heap refuses.
  bool write(std::string_view value, const Dictionary* names, Room room);
  bool write(std::string_view value, const Dictionary* names) { return write(value, names, {}); }
  /// What was written, until the next write: in the caller's room, or in memory of its own.
  std::string_view json() const { return json_; }

  /// Frees what a rare large value made it take; there is no JSON then.
  void releaseIfLarge() {
    json_ = {};
    own_.releaseIfLarge();
    keys_.releaseIfLarge();
  }

 private:
  /// The codec writes no more than 256 levels.
  static constexpr size_t kMaxDepth = 260;

  /// An array or a map around the present position.
  struct Level {
    /// The values or pairs that follow.
    uint64_t left;
    bool isMap;
    /// For a map: its first key, the number of its keys that are indexes, and the last
    /// one of these.
    size_t firstKey;
    size_t indexes;
    uint32_t lastIndex;
  };

  char* writeAll(std::string_view value);
  char* writeValue(MsgpackReader& reader, char* at);
  char* writeKey(MsgpackReader& reader, Level& level, char* at);
  inline char* writeName(uint32_t number, Level& level, char* at);
  inline char* writeMarked(std::string_view text, char behind, char* at);
  char* writeText(std::string_view text, char behind, char* at);
  static char* writeTime(const MsgpackToken& token, char* at);
  char* enter(uint64_t count, bool isMap, char* at);
  char* leave(char* at);
  static bool isOrdered(std::string_view key, Level& level, size_t keys);

  /// Returns the same position where there is room for so many bytes, or one in larger memory with
  /// what was written before it; null where there is none.
  char* makeRoom(char* at, size_t bytes) {
    return static_cast<size_t>(limit_ - at) >= bytes ? at : moveToOwn(at, bytes);
  }
  char* moveToOwn(const char* at, size_t bytes);

  const Dictionary* names_ = nullptr;
  size_t maxBytes_ = 0;
  /// The memory that is written to, up to its end: the caller's, or own_.
  char* begin_ = nullptr;
  char* limit_ = nullptr;
  ByteBuffer own_;
  std::string_view json_;
  DistinctKeys keys_;
  std::array<Level, kMaxDepth> levels_;
  size_t depth_ = 0;
};

}  // namespace ebbcache
