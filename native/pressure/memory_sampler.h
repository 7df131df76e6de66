// A reading of the machine together with its level. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "memory/snapshot.h"
#include "pressure/level.h"
#include "pressure/standing_stalls.h"

namespace ebbcache {

struct MemorySample {
  MemorySnapshot snapshot;
  /// The level is never unknown.
  Assessment assessment;
};

/// Keeps the level's hysteresis between samples. Tasks that waited for memory for 5 % of the last
/// 10 s, as PSI reports, count as stalls (see LevelTracker) until they waited for less than half of
/// that: 5 % is the share of a PSI trigger of 100 ms in 2 s. A group that has to read dropped page
/// cache again counts as stalled too.
class MemorySampler {
 public:
  /// `thresholds` MUST be valid: see Thresholds::whyInvalid().
  explicit MemorySampler(Thresholds thresholds = {}, const MemoryRoots& roots = {})
      : MemorySampler(thresholds, openMemoryReader(roots)) {}
  MemorySampler(Thresholds thresholds, std::unique_ptr<MemoryReader> reader)
      : reader_(std::move(reader)), tracker_(thresholds) {}

  /// Returns false with a sentence in `error` when the machine cannot be read; a later call may
  /// succeed.
  bool sample(MemorySample& out, std::string& error);

 private:
  std::mutex mutex_;
  const std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
  Stalls stalls_;
  StandingStalls refaults_;
};

}  // namespace ebbcache
