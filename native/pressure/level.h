// Interprets usage: the level, with hysteresis, and the bytes to free.
#pragma once

#include <cstdint>
#include <string>

#include "memory/pressure_watch.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// The levels are ordered. A failed sample yields unknown, and never normal.
enum class PressureLevel : uint8_t {
  kUnknown = 0,
  kNormal = 1,
  kElevated = 2,
  kHigh = 3,
  kCritical = 4
};

/// The percentages of the effective limit in use at which the levels begin.
struct Thresholds {
  /// The lowest threshold. It begins no level of its own: usage below `elevated` is normal.
  double normal = 60;
  double elevated = 75;
  double high = 85;
  double critical = 95;

  /// Empty where all are in (0, 100] and rise strictly; else a sentence that names the one that
  /// does not.
  std::string whyInvalid() const;
};

/// The percentages of the effective limit to which usage shall return, for each level. The defaults
/// are those of the Python server whose API the caches of metadata follow.
struct EvictionTargets {
  double elevated = 65;
  double high = 75;
  double critical = 70;

  /// The defaults, or where the level is left, if that is less.
  static EvictionTargets within(const Thresholds& thresholds);
};

/// The number of points by which usage must fall below a threshold before its level is left, so
/// that usage that swings around a threshold does not flap.
constexpr double kHysteresisPoints = 3.0;

/// The percentage below which the level that begins at `threshold` is left. The margin is at most
/// half the threshold: a threshold of 2 % must still be a level that can be left.
double leaveBelow(double threshold);

enum class BoundKind : uint8_t { kSystem, kGroup };

struct Assessment {
  /// Unknown when the machine's own limit is 0, as its total memory is not known then.
  PressureLevel level = PressureLevel::kUnknown;
  /// The bound that decides: the one at the higher level, and at equal levels the one with fewer
  /// bytes available.
  BoundKind boundBy = BoundKind::kSystem;
  /// The deciding bound, with `used` no larger than `limit`.
  MemoryBound bound;
  /// The number of bytes to free to return to the target of the level (see EvictionTargets); 0 when
  /// normal.
  uint64_t evictionTarget = 0;
};

/// Remembers the last level of each bound for the hysteresis.
///
/// A level is entered at its threshold and left below leaveBelow(threshold). On the way down every
/// level in between holds in the same way, so that the outcome does not depend on the number of
/// samples during the fall: from critical, 83 % is high with the default thresholds, because 85 - 3
/// was not crossed, and 10 % is normal at once.
///
/// Signals of the system raise a level early and lower none:
/// - Stalls raise the level of their bound by one, up to high, while its usage is above the normal
///   threshold. Below it tasks wait for other reasons, e.g. for page cache that is read through a
///   group; and only usage empties a cache. Stalls of the group count for the machine where no
///   group limits the process.
/// - A kernel that reports low memory makes the level at least elevated, and one that reports a
///   critical state makes it at least high.
class LevelTracker {
 public:
  /// `thresholds` MUST be valid: see Thresholds::whyInvalid().
  explicit LevelTracker(Thresholds thresholds = {}, EvictionTargets targets = {})
      : thresholds_(thresholds), targets_(targets) {}
  Assessment assess(const MemoryUsage& usage, Stalls stalls = {});
  const Thresholds& thresholds() const { return thresholds_; }

 private:
  /// The state of one bound.
  struct Track {
    /// The level by usage alone.
    PressureLevel level = PressureLevel::kUnknown;
    bool raisedByStalls = false;
  };

  PressureLevel follow(Track& track, const MemoryBound& bound, bool stalled) const;
  PressureLevel classify(double percent, PressureLevel previous) const;
  uint64_t evictionTarget(const MemoryBound& bound, PressureLevel level) const;

  Thresholds thresholds_;
  EvictionTargets targets_;
  Track system_;
  Track group_;
};

}  // namespace ebbcache
