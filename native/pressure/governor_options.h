// How the governor samples, reacts and regrows.
#pragma once

#include <chrono>
#include <string>

#include "pressure/level.h"
#include "pressure/shrink_plan.h"

namespace ebbcache {

struct GovernorOptions {
  /// The time between two samples while usage could reach a threshold, or upkeep has work.
  std::chrono::milliseconds interval{100};
  /// The longest time between two samples, while no process could reach a threshold before the
  /// next: see nextPollDelay().
  std::chrono::milliseconds longestInterval{1000};
  /// The longest time between two rounds of upkeep.
  std::chrono::milliseconds upkeepInterval{1000};
  Thresholds thresholds;
  EvictionTargets targets;
  LevelShares shares;
  /// The share of maxBytes that the budget regrows by, per regrowInterval, once the level is normal
  /// and stays so with the step taken. CacheLib's memory monitor advises in steps of 5 %.
  double regrowStep = 0.05;
  std::chrono::milliseconds regrowInterval{1000};
  /// Whether signals of the system raise a level before usage does: see LevelTracker.
  bool earlyWarnings = true;

  /// Empty where all are in range; else a sentence that says which is not. Intervals are from 1 ms
  /// to a day, the longest one no shorter. Thresholds are valid. Targets are above 0 and no higher
  /// than where their level is left. Shares are from 0 to 1, high no more than elevated. The step
  /// is above 0, up to 1.
  std::string whyInvalid() const;
};

}  // namespace ebbcache
