// The hash of a key as index, stripes and ghosts use it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/noinline.h"
#include "hash/multiply_hash.h"
#include "hash/siphash.h"
#include "store/entry.h"

namespace ebbcache {

/// 64 bits that depend on a seed of the store's own. The low bits number buckets and stripes, the
/// highest eight are the index's tag.
class KeyHash {
 public:
  explicit KeyHash(const HashSeed& seed) : seed_(seed), ofShort_(seed) {}

  uint64_t operator()(std::string_view key) const {
    return key.size() <= MultiplyHash::kMaxBytes ? ofShort_(key) : ofLong(key);
  }
  uint64_t operator()(const Entry* entry) const { return (*this)(entry->key()); }

 private:
  EBBCACHE_NOINLINE uint64_t ofLong(std::string_view key) const { return sipHash13(key, seed_); }

  HashSeed seed_;
  MultiplyHash ofShort_;
};

}  // namespace ebbcache
