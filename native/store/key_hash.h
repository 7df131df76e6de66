// The hash of a key as index, stripes and ghosts use it.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/entry.h"
#include "store/siphash.h"

namespace ebbcache {

/// 64 bits by a seed of the store's own. The low ones number buckets and stripes, the highest eight
/// are the index's tag.
class KeyHash {
 public:
  explicit KeyHash(const HashSeed& seed) : seed_(seed) {}

  uint64_t operator()(std::string_view key) const { return sipHash13(key, seed_); }
  uint64_t operator()(const Entry* entry) const { return sipHash13(entry->key(), seed_); }

 private:
  HashSeed seed_;
};

}  // namespace ebbcache
