// How the governor looks, reacts and lets regrow.
#pragma once

#include <chrono>
#include <string>

#include "pressure/level.h"
#include "pressure/shrink_plan.h"

namespace ebbcache {

struct GovernorOptions {
  /// Between two looks while usage could reach a threshold, or anything else is to be done.
  std::chrono::milliseconds interval{100};
  /// Between two looks at most, while no process could reach one before the next: see
  /// nextPollDelay().
  std::chrono::milliseconds longestInterval{1000};
  /// Between two rounds of upkeep at most.
  std::chrono::milliseconds upkeepInterval{1000};
  Thresholds thresholds;
  EvictionTargets targets;
  LevelShares shares;
  /// Share of maxBytes that the budget regrows by, per regrowInterval, once the level is normal
  /// and stays so with the step taken. CacheLib's memory monitor advises in steps of 5 %.
  double regrowStep = 0.05;
  std::chrono::milliseconds regrowInterval{1000};
  /// Whether what the system signals raises a level before usage does: see LevelTracker.
  bool earlyWarnings = true;

  /// Empty when all are in range; else a sentence that says which is not: intervals from 1 ms to a
  /// day, the longest one no shorter; thresholds as they must be; targets above 0 and no higher
  /// than where their level is left; shares from 0 to 1, high no more than elevated; a step
  /// above 0, up to 1.
  std::string whyInvalid() const;
};

}  // namespace ebbcache
