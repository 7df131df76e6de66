// Finds the keys of all maps in a value of msgpack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/msgpack_reader.h"

namespace ebbcache {

/// The arrays and maps around the present position.
class Nesting {
 public:
  /// Whether the next token is the key of a pair.
  bool expectsKey() const { return depth_ != 0 && top().isMap && top().left % 2 == 0; }
  bool isDone() const { return depth_ == 0; }

  /// Counts one value or key; MUST be called before that of what is in it.
  void count() {
    if (depth_ != 0) --top().left;
  }
  /// Enters an array or a map. Returns false where it is nested too deeply.
  bool enter(uint64_t left, bool isMap) {
    if (depth_ == kMaxDepth) return false;
    levels_[depth_++] = {left, isMap};
    return true;
  }
  /// Leaves all that is complete.
  void leave() {
    while (depth_ != 0 && top().left == 0) --depth_;
  }

 private:
  /// The codec writes no more than 256 levels, each of which may be a box with its list.
  static constexpr size_t kMaxDepth = 520;

  struct Level {
    uint64_t left;
    bool isMap;
  };
  Level& top() { return levels_[depth_ - 1]; }
  const Level& top() const { return levels_[depth_ - 1]; }

  std::array<Level, kMaxDepth> levels_;
  size_t depth_ = 0;
};

/// Visits the tokens of one value, which MUST be all that the bytes have. `onKey` gets the keys of
/// maps, `onRest` the bytes from one key to the next. Returns false where either does, and for a
/// value that is refused.
template <typename OnKey, typename OnRest>
bool visitKeys(std::string_view value, OnKey&& onKey, OnRest&& onRest) {
  MsgpackReader reader(value);
  MsgpackToken token;
  Nesting nesting;
  const char* restBegin = reader.at();
  bool isDone = false;
  while (!isDone) {
    const bool isKey = nesting.expectsKey();
    const char* const begin = reader.at();
    if (!reader.next(token)) return false;
    if (isKey) {
      if (token.kind != MsgpackKind::kString && token.kind != MsgpackKind::kUnsigned) return false;
      if (!onRest({restBegin, static_cast<size_t>(begin - restBegin)})) return false;
      if (!onKey(token, {begin, static_cast<size_t>(reader.at() - begin)})) return false;
      restBegin = reader.at();
    } else if (token.isBox()) {
      // It counts with its value, which is next.
      continue;
    }
    nesting.count();
    if (token.kind == MsgpackKind::kArray && !nesting.enter(token.number, false)) return false;
    if (token.kind == MsgpackKind::kMap && !nesting.enter(2 * token.number, true)) return false;
    nesting.leave();
    isDone = nesting.isDone();
  }
  return reader.atEnd() && onRest({restBegin, static_cast<size_t>(reader.at() - restBegin)});
}

}  // namespace ebbcache
