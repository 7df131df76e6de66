// Counts how often a store came under memory pressure, and how many entries that cost it, by cause.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ebbcache {

/// The cause of evictions under pressure: a level that was reached, or a level that a caller
/// applied.
enum class PressureCause : uint8_t { kElevated, kHigh, kCritical, kRequest };

constexpr size_t kPressureCauses = 4;

struct PressureCount {
  /// How often the level of the store rose to this one, or this one was applied.
  uint64_t events = 0;
  /// The number of entries evicted for this cause; 0 without an event.
  uint64_t evictions = 0;
};

class PressureCounts {
 public:
  PressureCount& operator[](PressureCause cause) { return byCause_[static_cast<size_t>(cause)]; }
  const PressureCount& operator[](PressureCause cause) const {
    return byCause_[static_cast<size_t>(cause)];
  }

  uint64_t events() const {
    uint64_t sum = 0;
    for (const PressureCount& count : byCause_) sum += count.events;
    return sum;
  }
  uint64_t evictions() const {
    uint64_t sum = 0;
    for (const PressureCount& count : byCause_) sum += count.evictions;
    return sum;
  }

  /// How often pressure lowered the budget of the store or evicted entries from it.
  uint64_t reductions = 0;

 private:
  std::array<PressureCount, kPressureCauses> byCause_{};
};

}  // namespace ebbcache
