#include "pressure/upkeep_pace.h"

#include <algorithm>

namespace ebbcache {

UpkeepScope UpkeepPace::at(Clock::time_point now, bool isSampleDue) const {
  if (!earliest_) return UpkeepScope::kAll;
  if (now < *earliest_) return UpkeepScope::kNone;
  if (isSampleDue || now >= all_) return UpkeepScope::kAll;
  return unfinished_ && now >= *unfinished_ ? UpkeepScope::kUnfinished : UpkeepScope::kNone;
}

void UpkeepPace::note(const UpkeepRound& round, UpkeepScope scope, Clock::time_point began,
                      Clock::time_point ended) {
  earliest_ = ended + 2 * (ended - began);
  if (scope == UpkeepScope::kAll) all_ = began + upkeepInterval_;
  const bool onlyWaits = round.waits && !round.more;
  // Stores that wait for long are asked less and less often.
  pause_ =
      onlyWaits ? std::min(2 * pause_, std::max(longestPause_, kShortestPause)) : kShortestPause;
  unfinished_.reset();
  if (round.more || round.waits) unfinished_ = std::max(*earliest_, ended + pause_);
}

std::optional<UpkeepPace::Clock::time_point> UpkeepPace::next() const {
  if (!earliest_) return std::nullopt;
  const auto all = std::max(all_, *earliest_);
  return unfinished_ ? std::min(*unfinished_, all) : all;
}

}  // namespace ebbcache
