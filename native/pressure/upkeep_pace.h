// When stores are maintained again, beside the looks at the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ebbcache {

/// What a round of upkeep found.
struct UpkeepRound {
  /// Some store had something to do.
  bool found = false;
  /// Some store has more to do at once.
  bool more = false;
  /// Some store's upkeep waits for other threads that use it.
  bool waits = false;
};

enum class UpkeepScope : uint8_t { kNone, kUnfinished, kAll };

/// All stores have their turn with every look, and at least once an upkeep interval. Those that
/// have more to do have it again after a short pause, but the pause is at least twice as long as
/// the round took: upkeep takes a third of a core at most.
class UpkeepPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kShortestPause{2};
  /// A round ends after about so long: looks must not wait for more.
  static constexpr std::chrono::milliseconds kLongestRound{5};

  /// Stores that wait are tried again after a pause that grows up to `longestPause`.
  UpkeepPace(std::chrono::milliseconds upkeepInterval, std::chrono::milliseconds longestPause)
      : upkeepInterval_(upkeepInterval), longestPause_(longestPause) {}

  /// Which stores have their turn at `now`; `looks` when it is a look's time too.
  UpkeepScope at(Clock::time_point now, bool looks) const;
  void note(const UpkeepRound& round, UpkeepScope scope, Clock::time_point began,
            Clock::time_point ended);
  /// When the next turn comes where no look comes before; empty before the first round.
  std::optional<Clock::time_point> next() const;

 private:
  std::chrono::milliseconds upkeepInterval_;
  std::chrono::milliseconds longestPause_;
  std::chrono::milliseconds pause_ = kShortestPause;
  /// No round is due before.
  std::optional<Clock::time_point> earliest_;
  /// Then one of the stores that have more to do is.
  std::optional<Clock::time_point> unfinished_;
  /// Then one of all stores is.
  Clock::time_point all_;
};

}  // namespace ebbcache
