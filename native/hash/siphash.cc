#include "hash/siphash.h"

#include <random>

namespace ebbcache {

HashSeed HashSeed::random() {
  std::random_device entropy;
  const auto word = [&entropy] { return uint64_t{entropy()} << 32 | uint64_t{entropy()}; };
  HashSeed seed;
  seed.k0 = word();
  seed.k1 = word();
  return seed;
}

}  // namespace ebbcache
