// Replaces the names of fields in msgpack by the numbers that a dictionary gives them, and back.
//
//   map header | key | value | key | value ...      a key that is an integer is the number of a
//   name
//
// All other bytes stay as they are. No key that the codec writes is an integer otherwise: a Map is
// in a box, as a list. A value with a key that is an integer, or nested deeper than any that the
// codec writes, is refused, and so is what is not msgpack.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/byte_buffer.h"
#include "codec/dictionary.h"

namespace ebbcache {

// Both write behind `begun` bytes of `out`, which the caller fills.

/// Writes the value with numbers in place of the names that the dictionary has. Returns false for a
/// value that is refused; it never takes more bytes than before.
bool replaceNames(std::string_view value, const Dictionary& dictionary, size_t begun,
                  ByteBuffer& out);

/// Writes the value with names in place of numbers. Returns false for one that is refused, has a
/// number of no name, or would take more than `maxBytes`.
bool restoreNames(std::string_view value, const Dictionary& dictionary, uint64_t maxBytes,
                  size_t begun, ByteBuffer& out);

}  // namespace ebbcache
