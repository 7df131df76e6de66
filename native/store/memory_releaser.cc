#include "store/memory_releaser.h"

namespace ebbcache {
namespace {

/// Memory is not given back for this long after a slab was taken, ms: a store that is emptied and
/// filled alternately keeps what it will need again.
constexpr uint64_t kQuietMs = 1000;
/// Live entries are condensed where they fill less than 1/2 of their slabs, until they would fill
/// more than 3/4. The distance of the two avoids moving them again after every few removals.
constexpr uint64_t kSparseShare = 2;
constexpr uint64_t kDense = 3;
constexpr uint64_t kDenseOf = 4;
constexpr uint64_t kMergesInOneStep = 256;

}  // namespace

MaintainResult MemoryReleaser::releaseUnused(const std::function<bool()>& mayGoOn) {
  EntryLog& log = core_.arena->log;
  const uint64_t slabBytes = core_.arena->layout.slabBytes;
  // The pace concerns memory, not entries: a given time does not count.
  const uint64_t now = core_.clock.own();
  if (slabsTakenSeen_ != log.slabsTaken()) quietSince_ = now;
  slabsTakenSeen_ = log.slabsTaken();
  const bool quiet = now - quietSince_ >= kQuietMs;

  const bool expired = expirationsSeen_ != core_.counters.expirations;
  expirationsSeen_ = core_.counters.expirations;
  dropsEmptied_ = dropsEmptied_ || expired;
  bool dropped = false;
  if (dropsEmptied_ || quiet) {
    // Condensing ends where puts would take slabs again instead of filling gaps in the rest.
    const auto hasTooMany = [&] {
      const uint64_t rest = less(log.sharedBytes(), slabBytes);
      return rest > 0 && log.sharedLiveBytes() <= liveWorthCompacting(rest, core_.arena->layout);
    };
    while (hasTooMany() && log.dropOneEmptySlab()) {
      dropped = true;
      if (!mayGoOn()) return MaintainResult::kMore;
    }
    dropsEmptied_ = false;
  }
  const MaintainResult result = doneIf(expired || dropped);
  condensing_ = condensing_ && quiet;
  return quiet ? both(result, condense(mayGoOn)) : result;
}

MaintainResult MemoryReleaser::condense(const std::function<bool()>& mayGoOn) {
  Arena& arena = *core_.arena;
  EntryLog& log = arena.log;
  const uint64_t slabBytes = arena.layout.slabBytes;
  const bool sparse =
      log.sharedBytes() > slabBytes && log.sharedLiveBytes() < log.sharedBytes() / kSparseShare;
  if (!condensing_ && !sparse && !arena.index.isSparse()) return MaintainResult::kIdle;
  condensing_ = true;
  const uint64_t heldBefore = core_.memory.held();
  const auto wouldBeDense = [&] {
    const uint64_t rest = less(log.sharedBytes(), slabBytes);
    return rest == 0 || log.sharedLiveBytes() > rest / kDenseOf * kDense;
  };
  while (!wouldBeDense()) {
    const EntryLog::Evacuation evacuation = log.dropOneSlabInSteps(mayGoOn);
    if (evacuation == EntryLog::Evacuation::kNoRoom) break;
    if (evacuation == EntryLog::Evacuation::kUnfinished || !mayGoOn()) return MaintainResult::kMore;
  }
  while (!arena.index.contract(kMergesInOneStep)) {
    if (!mayGoOn()) return MaintainResult::kMore;
  }
  arena.policy->contract();
  condensing_ = false;
  return doneIf(core_.memory.held() < heldBefore);
}

}  // namespace ebbcache
