// Finds out whether the keys of a map are distinct, for the maps around the present position of a
// value: those of the innermost one are the last ones. The bytes may come from anybody, so that a
// map takes no more than a few steps a key, or is refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "codec/byte_buffer.h"
#include "codec/dictionary.h"

namespace ebbcache {

class DistinctKeys {
 public:
  /// Forgets all keys. `names` may be null; the texts of keys MUST be parts of `value`.
  void begin(std::string_view value, const Dictionary* names);

  /// The number of keys of all maps that were begun.
  size_t count() const { return keys_.size() / sizeof(Key); }
  // Both return false where the heap refuses.
  bool addName(uint32_t number) { return add({number, kIsName}); }
  bool addText(std::string_view text) {
    return add(
        {static_cast<uint32_t>(text.data() - value_.data()), static_cast<uint32_t>(text.size())});
  }

  /// Forgets the keys from `first` on, which are those of one map. Returns false where two of them
  /// are the same, where that takes too long to be found out, and where the heap refuses.
  bool endMap(size_t first);

  /// Frees what a rare large value made it take.
  void releaseIfLarge() {
    keys_.releaseIfLarge();
    places_.releaseIfLarge();
  }

 private:
  static constexpr uint32_t kIsName = UINT32_MAX;
  /// With no more texts than this, a comparison of each with each is the fastest.
  static constexpr size_t kFewTexts = 8;
  /// Texts that somebody has chosen to be found slowly are refused.
  static constexpr unsigned kMaxSteps = 64;

  struct Key {
    /// The number of a name, or the offset of a text in the value.
    uint32_t at;
    /// The bytes of a text, or kIsName.
    uint32_t bytes;
  };

  bool add(Key key) {
    if (!keys_.ensureRoom(sizeof key, SIZE_MAX)) return false;
    std::memcpy(keys_.end(), &key, sizeof key);
    keys_.grow(sizeof key);
    return true;
  }
  Key keyAt(size_t i) const;
  void replaceKey(size_t i, Key key);
  std::string_view textOf(Key key) const { return value_.substr(key.at, key.bytes); }
  bool noteName(uint32_t number);
  bool areTextsDistinct(size_t first, size_t last);
  bool areFewDistinct(size_t first, size_t last) const;
  bool areManyDistinct(size_t first, size_t last);

  std::string_view value_;
  const Dictionary* names_ = nullptr;
  ByteBuffer keys_;
  ByteBuffer places_;
  /// The latest map that had the name, for each name.
  std::array<uint32_t, Dictionary::kMaxNames> mapOfName_{};
  uint32_t map_ = 0;
};

}  // namespace ebbcache
