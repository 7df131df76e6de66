// The results of a store's calls.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ebbcache {

enum class PutResult : uint8_t { kStored, kTooLarge, kNoMemory };

enum class ReadResult : uint8_t { kMiss, kHit, kBufferTooSmall };

/// The result of maintain(): it found nothing to do, did all that there was, used up its time with
/// more left to do, or could do nothing because the store was in use.
enum class MaintainResult : uint8_t { kIdle, kDone, kMore, kBusy };

/// The result of two pieces of work, one after the other.
inline MaintainResult both(MaintainResult a, MaintainResult b) {
  return std::max(a, b);
}

inline MaintainResult doneIf(bool anything) {
  return anything ? MaintainResult::kDone : MaintainResult::kIdle;
}

/// The effect of a call under pressure on a store.
struct Shrinkage {
  /// The bytes that are back with the system.
  uint64_t releasedBytes = 0;
  uint64_t evictions = 0;
  /// Whether the budget is less than before.
  bool lowered = false;
};

}  // namespace ebbcache
