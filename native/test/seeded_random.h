// Random numbers for tests that can be repeated: EBBCACHE_TEST_SEED chooses them, and a test that
// fails prints its seed.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "mix.h"

namespace ebbcache::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

/// The number of steps of a random test: fewer under a sanitizer, where each step takes several
/// times as long, unless EBBCACHE_FULL=1.
inline uint64_t scaled(uint64_t steps) {
  static const char* const full = std::getenv("EBBCACHE_FULL");
  return kSanitized && (full == nullptr || *full != '1') ? steps / 8 : steps;
}

class SeededRandom {
 public:
  /// `stream` distinguishes the tests, or the threads of one test.
  explicit SeededRandom(uint64_t stream) : state_(mix(seed()) ^ mix(stream)) {}
  ~SeededRandom() {
    if (!::testing::Test::HasFailure()) return;
    std::cerr << "To repeat the random choices: EBBCACHE_TEST_SEED=" << seed() << '\n';
  }
  SeededRandom(const SeededRandom&) = delete;
  SeededRandom& operator=(const SeededRandom&) = delete;

  /// Returns a number from 0 to `bound` - 1; `bound` MUST be 1 or more.
  uint64_t below(uint64_t bound) { return (state_ = mix(state_)) % bound; }
  bool oneIn(uint64_t n) { return below(n) == 0; }
  /// Returns a number from 0 to `bound` - 1; each order of magnitude is about equally frequent.
  uint64_t skewedBelow(uint64_t bound) { return below(below(bound) + 1); }

 private:
  static uint64_t seed() {
    const char* const given = std::getenv("EBBCACHE_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 0) : 1;
  }

  uint64_t state_;
};

}  // namespace ebbcache::test
