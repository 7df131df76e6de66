// When stores are maintained again, between the samples of the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ebbcache {

/// The result of a round of upkeep.
struct UpkeepRound {
  /// Some store had something to do.
  bool found = false;
  /// Some store has more to do at once.
  bool more = false;
  /// Some store's upkeep waits for other threads that use it.
  bool waits = false;
};

enum class UpkeepScope : uint8_t { kNone, kUnfinished, kAll };

/// All stores have their turn with every sample, and at least once an upkeep interval. Those that
/// have more to do have it again after a short pause. The pause is at least twice as long as the
/// round took: upkeep takes at most a third of a core.
class UpkeepPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kShortestPause{2};
  /// A round ends after about so long: samples must not wait for longer.
  static constexpr std::chrono::milliseconds kLongestRound{5};

  /// Stores that wait are tried again after a pause that grows up to `longestPause`.
  UpkeepPace(std::chrono::milliseconds upkeepInterval, std::chrono::milliseconds longestPause)
      : upkeepInterval_(upkeepInterval), longestPause_(longestPause) {}

  /// Which stores have their turn at `now`; `isSampleDue` says that the machine is sampled too.
  UpkeepScope at(Clock::time_point now, bool isSampleDue) const;
  void note(const UpkeepRound& round, UpkeepScope scope, Clock::time_point began,
            Clock::time_point ended);
  /// When the next turn comes where no sample comes before; empty before the first round.
  std::optional<Clock::time_point> next() const;

 private:
  std::chrono::milliseconds upkeepInterval_;
  std::chrono::milliseconds longestPause_;
  std::chrono::milliseconds pause_ = kShortestPause;
  /// The time before which no round is due.
  std::optional<Clock::time_point> earliest_;
  /// The time at which a round of the stores that have more to do is due.
  std::optional<Clock::time_point> unfinished_;
  /// The time at which a round of all stores is due.
  Clock::time_point all_;
};

}  // namespace ebbcache
