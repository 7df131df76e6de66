// The keys of the benchmarks and the orders in which they are read, all made before the clock runs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace ebbcache::bench {

/// The seed is fixed, so that every contender has the same keys.
struct Keys {
  /// Twice as many keys as entries, in random order: the first half is stored.
  std::vector<std::string> all;
  /// The first half in another order.
  std::vector<std::string> visits;
  /// Indexes into the first half: the one of rank r comes 1 / r as often as the first (s = 1).
  std::vector<uint32_t> zipf;

  size_t entries() const { return visits.size(); }
};

inline std::vector<uint32_t> zipfIndexes(size_t entries, size_t count) {
  std::vector<double> cumulative(entries);
  double sum = 0;
  for (size_t rank = 0; rank < entries; ++rank) {
    sum += 1.0 / static_cast<double>(rank + 1);
    cumulative[rank] = sum;
  }
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::vector<uint32_t> indexes(count);
  for (auto& index : indexes) {
    const auto at = std::lower_bound(cumulative.begin(), cumulative.end(), uniform(random));
    index = static_cast<uint32_t>(std::min<size_t>(at - cumulative.begin(), entries - 1));
  }
  return indexes;
}

inline Keys makeKeys(size_t entries) {
  std::vector<uint32_t> numbers(2 * entries);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937(1));
  Keys keys;
  keys.all.reserve(numbers.size());
  for (const uint32_t number : numbers) {
    keys.all.push_back("/photos/album/image-" + std::to_string(number));
  }
  std::vector<uint32_t> order(entries);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(2));
  keys.visits.reserve(entries);
  for (const uint32_t index : order) keys.visits.push_back(keys.all[index]);
  keys.zipf = zipfIndexes(entries, size_t{1} << 20);
  return keys;
}

/// The keys for `entries`; those for one number of entries exist at a time.
inline const Keys& keysFor(size_t entries) {
  static std::unique_ptr<Keys> keys;
  if (keys == nullptr || keys->entries() != entries) {
    keys = std::make_unique<Keys>(makeKeys(entries));
  }
  return *keys;
}

}  // namespace ebbcache::bench
