// The entries that the pause and memory benchmarks put into a store: keys by number, values of
// mixed sizes, and a clock that the benchmarks move.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "store/store.h"

namespace ebbcache::bench {

constexpr uint64_t kMiB = uint64_t{1} << 20;

/// The time in ms, which stands still until a benchmark moves it.
inline uint64_t& virtualNow() {
  static uint64_t now = 1;
  return now;
}

/// One supply of slabs, as a process has for all its stores.
inline SlabSupply& slabSupply() {
  static SlabSupply supply;
  return supply;
}

inline std::unique_ptr<Store> openStore(uint64_t maxBytes, Policy policy,
                                        std::function<bool(uint64_t)> mayGrow = {},
                                        MemorySource& memory = osMemory()) {
  StoreOptions options;
  options.maxBytes = maxBytes;
  options.policy = policy;
  StoreEnvironment environment;
  environment.memory = &memory;
  environment.steadyMs = [] { return virtualNow(); };
  environment.mayGrow = std::move(mayGrow);
  environment.supply = &slabSupply();
  return Store::open(options, std::move(environment));
}

inline std::string keyOf(uint64_t number) {
  return "/photos/album/image-" + std::to_string(number);
}

/// Sizes from 64 B to 4 KiB, as many from 64 to 128 as from 2,048 to 4,096: 970 bytes on average.
class MixedValues {
 public:
  static constexpr uint64_t kSmallest = 64;
  static constexpr uint64_t kLargest = 4096;
  static constexpr uint64_t kMeanBytes = 970;

  std::string_view next(std::mt19937_64& random) {
    const double octaves = std::log2(static_cast<double>(kLargest) / kSmallest);
    const double exponent = std::uniform_real_distribution<double>(0, octaves)(random);
    return {bytes_.data(), static_cast<size_t>(kSmallest * std::exp2(exponent))};
  }

 private:
  const std::string bytes_ = std::string(kLargest, 'v');
};

inline const char* nameOf(Policy policy) {
  return policy == Policy::kLru ? "lru" : "s3fifo";
}

}  // namespace ebbcache::bench
