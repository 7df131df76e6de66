// One reading of the machine, with what it means. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "memory/snapshot.h"
#include "pressure/level.h"

namespace ebbcache {

struct MemorySample {
  MemorySnapshot snapshot;
  /// Its level is never unknown.
  Assessment assessment;
};

/// Keeps the level's hysteresis between samples.
class MemorySampler {
 public:
  /// `thresholds` must be valid: see Thresholds::whyInvalid().
  explicit MemorySampler(Thresholds thresholds = {}, const MemoryRoots& roots = {})
      : reader_(openMemoryReader(roots)), tracker_(thresholds) {}

  /// False with a sentence in `error` when the machine cannot be read; a later call may succeed.
  bool sample(MemorySample& out, std::string& error);

 private:
  std::mutex mutex_;
  const std::unique_ptr<MemoryReader> reader_;
  LevelTracker tracker_;
};

}  // namespace ebbcache
