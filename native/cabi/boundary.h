// The boundary of the C interface: structs that grow with versions, sentences, and no exceptions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "ebbcache.h"
#include "process/forked_child.h"

namespace ebbcache {

/// Runs `call`, but not in a forked child. An exception becomes a status.
template <typename Call>
ebbcache_status guarded(const Call& call) noexcept {
  if (inForkedChild()) return EBBCACHE_FORKED;
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return EBBCACHE_NO_MEMORY;
  } catch (...) {
    return EBBCACHE_FAILED;
  }
}

/// Copies a struct whose first field is the `size` that the caller knows; fields beyond that stay
/// as `known` has them. Returns false where the struct is shorter than `minBytes`, ends in the
/// middle of a field, or has set a field that is not known here.
template <typename Struct>
bool copyIn(const Struct* given, size_t minBytes, Struct& known) {
  const size_t size = given->size;
  if (size < minBytes || size % alignof(Struct) != 0) return false;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof(Struct); i < size; ++i) {
    if (bytes[i] != 0) return false;
  }
  std::memcpy(static_cast<void*>(&known), bytes, std::min(size, sizeof(Struct)));
  return true;
}

/// Copies a struct to the caller: fills as much as the caller has room for, zeroes the rest, and
/// sets its `size` to the bytes that have a meaning. Returns false where there is no room for 8
/// bytes, or where it ends in the middle of a field.
template <typename Struct>
bool copyOut(Struct known, Struct* out) {
  const size_t size = out->size;
  if (size < 8 || size % alignof(Struct) != 0) return false;
  const size_t filled = std::min(size, sizeof(Struct));
  known.size = static_cast<uint32_t>(filled);
  auto* const bytes = reinterpret_cast<unsigned char*>(out);
  std::memcpy(bytes, &known, filled);
  std::memset(bytes + filled, 0, size - filled);
  return true;
}

/// Copies a sentence with a 0 at its end, cut between UTF-8 characters where it is too long.
inline void copySentence(std::string_view sentence, char* out, size_t capacity) {
  if (out == nullptr || capacity == 0) return;
  size_t bytes = std::min(sentence.size(), capacity - 1);
  if (bytes < sentence.size()) {
    while (bytes > 0 && (static_cast<unsigned char>(sentence[bytes]) & 0xC0U) == 0x80U) --bytes;
  }
  if (bytes > 0) std::memcpy(out, sentence.data(), bytes);
  out[bytes] = '\0';
}

}  // namespace ebbcache
