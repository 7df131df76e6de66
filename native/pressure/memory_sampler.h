// One reading of the machine, with what it means. Thread-safe.
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
  /// Its level is never unknown.
  Assessment assessment;
};

/// Keeps the level's hysteresis between samples. Tasks that waited for memory for 5 % of the last
/// 10 s, as PSI says, count as stalls (see LevelTracker), until they waited for less than half of
/// that: the share that a PSI trigger of 100 ms in 2 s goes by. So does a group that has to read
/// dropped page cache again.
class MemorySampler {
 public:
  /// `thresholds` must be valid: see Thresholds::whyInvalid().
  explicit MemorySampler(Thresholds thresholds = {}, const MemoryRoots& roots = {})
      : MemorySampler(thresholds, openMemoryReader(roots)) {}
  MemorySampler(Thresholds thresholds, std::unique_ptr<MemoryReader> reader)
      : reader_(std::move(reader)), tracker_(thresholds) {}

  /// False with a sentence in `error` when the machine cannot be read; a later call may succeed.
  bool sample(MemorySample& out, std::string& error);

 private:
  std::mutex mutex_;
  const std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
  Stalls stalls_;
  StandingStalls refaults_;
};

}  // namespace ebbcache
