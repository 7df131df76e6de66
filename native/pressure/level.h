// From usage to meaning: level with hysteresis, and what to free.
#pragma once

#include <cstdint>
#include <string>

#include "memory/snapshot.h"

namespace ebbcache {

/// Ordered. Unknown is what a failed sample leaves behind: it is never reported as normal.
enum class PressureLevel : uint8_t {
  kUnknown = 0,
  kNormal = 1,
  kElevated = 2,
  kHigh = 3,
  kCritical = 4
};

/// Percent of the effective limit in use at which a level begins.
struct Thresholds {
  /// Begins no level of its own: what lies below `elevated` is normal. Reported, and the lowest.
  double normal = 60;
  double elevated = 75;
  double high = 85;
  double critical = 95;

  /// Empty when all are in (0, 100] and rise strictly; else a sentence that names what does not.
  std::string whyInvalid() const;
};

/// How many points usage must fall below a threshold before its level is left, so that usage that
/// swings around a threshold does not flap.
constexpr double kHysteresisPoints = 3.0;

/// Below this percentage the level that begins at `threshold` is left. The margin is never more
/// than half the threshold: a threshold of 2 % must still be a level that can be left.
double leaveBelow(double threshold);

enum class BoundKind : uint8_t { kSystem, kGroup };

struct Assessment {
  /// Unknown when the machine's own limit is 0, i.e. its total memory is not known.
  PressureLevel level = PressureLevel::kUnknown;
  /// The bound that decides: the one at the higher level; at equal levels the one with fewer
  /// bytes available.
  BoundKind boundBy = BoundKind::kSystem;
  /// That bound, with `used` no larger than `limit`.
  MemoryBound bound;
  /// Bytes to free to be back at 65, 75, 70 % of the limit from elevated, high, critical; 0 when
  /// normal.
  uint64_t evictionTarget = 0;
};

/// Remembers the last level of each bound for the hysteresis.
///
/// A level is entered at its threshold and left below leaveBelow(threshold). On the way down every
/// level in between holds in the same way, so that the outcome does not depend on how many samples
/// the fall was seen in: from critical, 83 % is high with the default thresholds, because 85 - 3
/// was not crossed, and 10 % is normal at once.
class LevelTracker {
 public:
  /// `thresholds` must be valid: see Thresholds::whyInvalid().
  explicit LevelTracker(Thresholds thresholds = {}) : thresholds_(thresholds) {}
  Assessment assess(const MemoryUsage& usage);
  const Thresholds& thresholds() const { return thresholds_; }

 private:
  PressureLevel classify(double percent, PressureLevel previous) const;

  Thresholds thresholds_;
  PressureLevel system_ = PressureLevel::kUnknown;
  PressureLevel group_ = PressureLevel::kUnknown;
};

}  // namespace ebbcache
