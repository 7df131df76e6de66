// A summary of the ring in the folder of a disk tier.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "disk/ring_layout.h"

namespace ebbcache {

struct RingSummary {
  RingKind kind = RingKind::kRecords;
  uint64_t entries = 0;
  /// The file's size, and its maximum.
  uint64_t bytes = 0;
  uint64_t maxBytes = 0;
  uint64_t counters[kRingCounters] = {};
};

/// Summarizes the ring of an existing folder; none where the folder has no readable ring. Other
/// processes may use the ring meanwhile.
std::optional<RingSummary> summarizeRing(const std::string& dir);

}  // namespace ebbcache
