// Random choices that follow from a given seed, not from that of all tests.
#pragma once

#include <cstdint>

#include "seeded_random.h"

namespace ebbcache::test {

class StressRandom {
 public:
  StressRandom(uint64_t seed, uint64_t stream) : state_(mix(seed) ^ mix(~stream)) {}

  /// Returns a number from 0 to `bound` - 1; `bound` MUST be 1 or more.
  uint64_t below(uint64_t bound) { return (state_ = mix(state_)) % bound; }
  bool oneIn(uint64_t n) { return below(n) == 0; }
  /// Returns small numbers far more often than large ones.
  uint64_t skewedBelow(uint64_t bound) { return below(below(bound) + 1); }
  /// Returns a number from `min` to `max`; each doubling is equally frequent.
  uint64_t magnitude(uint64_t min, uint64_t max) {
    uint64_t doublings = 0;
    while (min << (doublings + 1) <= max) ++doublings;
    const uint64_t base = min << below(doublings + 1);
    return base + below(base) > max ? max : base + below(base);
  }

 private:
  uint64_t state_;
};

}  // namespace ebbcache::test
