#include "codec/distinct_keys.h"

#include <optional>

namespace ebbcache {
namespace {

uint64_t readWord(const char* at, size_t bytes) {
  uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  return word;
}

uint64_t mixed(uint64_t hash) {
  hash *= 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

/// It has no secret, so that the number of steps of a search is bounded otherwise.
uint64_t hashOf(std::string_view text) {
  uint64_t hash = text.size();
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) hash = mixed(hash ^ readWord(text.data() + i, 8));
  return mixed(hash ^ readWord(text.data() + i, text.size() - i));
}

}  // namespace

void DistinctKeys::begin(std::string_view value, const Dictionary* names) {
  value_ = value;
  names_ = names;
  keys_.endAt(keys_.data());
}

bool DistinctKeys::endMap(size_t first) {
  const size_t last = count();
  if (++map_ == 0) {
    mapOfName_.fill(0);
    map_ = 1;
  }
  // The texts are moved to the beginning.
  size_t texts = first;
  for (size_t i = first; i < last; ++i) {
    const Key key = keyAt(i);
    if (key.bytes == kIsName) {
      if (!noteName(key.at)) return false;
      continue;
    }
    // A name may be written as a text too.
    const std::optional<uint32_t> number =
        names_ == nullptr ? std::nullopt : names_->find(textOf(key));
    if (number) {
      if (!noteName(*number)) return false;
    } else {
      replaceKey(texts++, key);
    }
  }
  const bool areDistinct = areTextsDistinct(first, texts);
  keys_.endAt(keys_.data() + first * sizeof(Key));
  return areDistinct;
}

DistinctKeys::Key DistinctKeys::keyAt(size_t i) const {
  Key key;
  std::memcpy(&key, keys_.view().data() + i * sizeof key, sizeof key);
  return key;
}

void DistinctKeys::replaceKey(size_t i, Key key) {
  std::memcpy(keys_.data() + i * sizeof key, &key, sizeof key);
}

/// Returns false where the map had it before.
bool DistinctKeys::noteName(uint32_t number) {
  if (mapOfName_[number] == map_) return false;
  mapOfName_[number] = map_;
  return true;
}

bool DistinctKeys::areTextsDistinct(size_t first, size_t last) {
  return last - first <= kFewTexts ? areFewDistinct(first, last) : areManyDistinct(first, last);
}

bool DistinctKeys::areFewDistinct(size_t first, size_t last) const {
  for (size_t i = first; i < last; ++i) {
    const std::string_view text = textOf(keyAt(i));
    for (size_t j = first; j < i; ++j) {
      if (textOf(keyAt(j)) == text) return false;
    }
  }
  return true;
}

/// Open addressing: numbers of keys from `first` on plus one, 0 where there is none.
bool DistinctKeys::areManyDistinct(size_t first, size_t last) {
  size_t size = 2 * kFewTexts;
  while (size < 2 * (last - first)) size *= 2;
  if (!places_.reset(size * sizeof(uint32_t), 0)) return false;
  std::memset(places_.data(), 0, places_.size());
  for (size_t i = first; i < last; ++i) {
    const std::string_view text = textOf(keyAt(i));
    size_t place = hashOf(text) & (size - 1);
    for (unsigned steps = 0;; ++steps, place = (place + 1) & (size - 1)) {
      if (steps == kMaxSteps) return false;
      char* const at = places_.data() + place * sizeof(uint32_t);
      uint32_t found = 0;
      std::memcpy(&found, at, sizeof found);
      if (found == 0) {
        found = static_cast<uint32_t>(i - first + 1);
        std::memcpy(at, &found, sizeof found);
        break;
      }
      if (textOf(keyAt(first + found - 1)) == text) return false;
    }
  }
  return true;
}

}  // namespace ebbcache
