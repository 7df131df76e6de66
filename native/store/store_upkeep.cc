// What a store does between its users' calls: forgets what has expired, and gives back memory that
// it has no use for. A call works for a limited time, whatever there is to do.

#include <algorithm>
#include <chrono>

#include "store/store.h"

namespace ebbcache {
namespace {

/// One call works for so long. Its last step may take longer.
constexpr std::chrono::microseconds kTime{1000};
/// How often one slab is searched for expired entries at most, ms.
constexpr uint64_t kSweepSpacingMs = 1000;
/// Memory is not given back for so long after a slab was taken, ms: a store that is emptied and
/// filled in turns keeps what it will need again.
constexpr uint64_t kQuietMs = 1000;
/// Live entries are moved together where they fill less than 1/2 of their slabs, until they would
/// fill more than 3/4: what is between saves moving them again after every few removals.
constexpr uint64_t kSparseShare = 2;
constexpr uint64_t kDense = 3;
constexpr uint64_t kDenseOf = 4;
constexpr uint64_t kMergesInOneStep = 256;

/// The clock of the system, not the store's: it is work that is bounded.
class WorkTime {
 public:
  bool isLeft() const { return Clock::now() < end_; }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end_ = Clock::now() + kTime;
};

MaintainResult both(MaintainResult a, MaintainResult b) {
  return std::max(a, b);
}

MaintainResult doneIf(bool anything) {
  return anything ? MaintainResult::kDone : MaintainResult::kIdle;
}

}  // namespace

MaintainResult Store::maintain(bool waits) {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (waits) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return MaintainResult::kBusy;
  }
  const WorkTime time;
  const std::function<bool()> mayGoOn = [&time] { return time.isLeft(); };
  // While memory is given back no slab is upgraded: the one moved may be empty soon.
  const MaintainResult upgraded = doneIf(!upkeep_.givesBack && upgradeOneSlab(lock));
  const MaintainResult swept = both(upgraded, sweepExpired(mayGoOn));
  return both(swept, mayGoOn() ? giveBackUnused(mayGoOn) : MaintainResult::kMore);
}

MaintainResult Store::sweepExpired(const std::function<bool()>& mayGoOn) {
  const auto forgetExpired = [this](Address address) {
    const Entry* const entry = arena_->slabs.at(address);
    const uint64_t hash = hash_(entry);
    if (tellsRemovals()) noteRemoval(*entry, RemovalReason::kExpire);
    const WriterStripe stripe(stripes_, hash);
    ++counters_.expirations;
    arena_->policy->removed(address);
    forget(address, hash);
  };
  const uint64_t now = clock_.now();
  if (wasSetBack_.exchange(false, std::memory_order_relaxed)) arena_->log.clockWentBack();
  upkeep_.sweptAt = now;
  // A given time may jump, and be asked at once what is left.
  const uint64_t spacing = clock_.isGiven() ? 0 : kSweepSpacingMs;
  const ExpirySweep::Result swept = arena_->log.sweepExpired(now, spacing, forgetExpired, mayGoOn);
  return swept.done ? doneIf(swept.seen > 0) : MaintainResult::kMore;
}

void Store::forgetExpired() {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A round that an earlier call began may have passed what has expired since: a whole one follows.
  for (int round = 0; round < 2; ++round) (void)sweepExpired([] { return true; });
}

MaintainResult Store::giveBackUnused(const std::function<bool()>& mayGoOn) {
  EntryLog& log = arena_->log;
  const uint64_t slabBytes = arena_->layout.slabBytes;
  // This is about memory and not about entries: a given time does not count.
  const uint64_t now = clock_.own();
  if (upkeep_.slabsTakenSeen != log.slabsTaken()) upkeep_.quietSince = now;
  upkeep_.slabsTakenSeen = log.slabsTaken();
  const bool quiet = now - upkeep_.quietSince >= kQuietMs;

  const bool expired = upkeep_.expirationsSeen != counters_.expirations;
  upkeep_.expirationsSeen = counters_.expirations;
  upkeep_.dropsEmptied = upkeep_.dropsEmptied || expired;
  bool dropped = false;
  if (upkeep_.dropsEmptied || quiet) {
    // Only as far as puts would fill gaps in what is left, and not take slabs again.
    const auto hasTooMany = [&] {
      const uint64_t rest = less(log.sharedBytes(), slabBytes);
      return rest > 0 && log.sharedLiveBytes() <= liveWorthCompacting(rest, arena_->layout);
    };
    while (hasTooMany() && log.dropOneEmptySlab()) {
      dropped = true;
      if (!mayGoOn()) return MaintainResult::kMore;
    }
    upkeep_.dropsEmptied = false;
  }
  const MaintainResult result = doneIf(expired || dropped);
  upkeep_.givesBack = upkeep_.givesBack && quiet;
  return quiet ? both(result, giveBackSparse(mayGoOn)) : result;
}

MaintainResult Store::giveBackSparse(const std::function<bool()>& mayGoOn) {
  EntryLog& log = arena_->log;
  const uint64_t slabBytes = arena_->layout.slabBytes;
  const bool sparse =
      log.sharedBytes() > slabBytes && log.sharedLiveBytes() < log.sharedBytes() / kSparseShare;
  if (!upkeep_.givesBack && !sparse && !arena_->index.isSparse()) return MaintainResult::kIdle;
  upkeep_.givesBack = true;
  const uint64_t heldBefore = memory_.held();
  const auto wouldBeDense = [&] {
    const uint64_t rest = less(log.sharedBytes(), slabBytes);
    return rest == 0 || log.sharedLiveBytes() > rest / kDenseOf * kDense;
  };
  while (!wouldBeDense()) {
    const EntryLog::Evacuation evacuation = log.dropOneSlabInSteps(mayGoOn);
    if (evacuation == EntryLog::Evacuation::kNoRoom) break;
    if (evacuation == EntryLog::Evacuation::kUnfinished || !mayGoOn()) return MaintainResult::kMore;
  }
  while (!arena_->index.contract(kMergesInOneStep)) {
    if (!mayGoOn()) return MaintainResult::kMore;
  }
  arena_->policy->contract();
  upkeep_.givesBack = false;
  return doneIf(memory_.held() < heldBefore);
}

}  // namespace ebbcache
