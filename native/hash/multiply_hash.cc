#include "hash/multiply_hash.h"

namespace ebbcache {

MultiplyHash::MultiplyHash(const HashSeed& seed) {
  auto word = [&seed, counter = uint64_t{0}]() mutable {
    char bytes[sizeof counter];
    std::memcpy(bytes, &counter, sizeof bytes);
    ++counter;
    return sipHash13({bytes, sizeof bytes}, seed);
  };
  for (Block& block : blocks_) block = {word(), word()};
  last_ = {word(), word()};
  length_ = word();
  for (Uint128* const each : {&low_, &high_, &constant_}) {
    const uint64_t low = word();
    *each = makeUint128(word(), low);
  }
  odd_ = word() | 1;
}

}  // namespace ebbcache
