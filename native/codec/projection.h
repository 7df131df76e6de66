// Leaves of a value of msgpack only the fields that are asked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/byte_buffer.h"
#include "codec/dictionary.h"
#include "codec/field_paths.h"

namespace ebbcache {

/// The state of one thread's projections to the same paths.
class Projection {
 public:
  /// See FieldPaths.
  explicit Projection(std::string paths);

  const std::string& text() const { return paths_.text(); }

  /// Writes what is left of the value to `out`, which has room for as many bytes as the value has:
  /// an object with the fields that match, in their order, and objects and arrays around those that
  /// match inside. Each object in an array stays, if only as an empty one; whatever else has no
  /// fields is an empty object there and as the whole value. Numbers in place of names are those of
  /// `names`, or null where there are none; they stay numbers.
  ///
  /// Returns false for bytes that are not one value.
  bool write(std::string_view value, const Dictionary* names, ByteBuffer& out);

 private:
  class Walk;

  void compareWith(const Dictionary& names);
  /// It is false for most of the names that match no path.
  bool mayMatch(std::string_view name) const;

  const FieldPaths paths_;
  /// By the first byte of a name, whether a path begins with it.
  std::array<bool, 256> firstBytes_{};
  /// By the number of a name, whether a path matches it, in the dictionary of this id.
  std::vector<uint8_t> byNumber_;
  uint32_t dictionaryId_ = 0;
};

}  // namespace ebbcache
