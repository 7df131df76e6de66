// How long a stall that was signalled counts.
#pragma once

#include <chrono>
#include <optional>

#include "memory/pressure_watch.h"

namespace ebbcache {

/// While tasks keep waiting for memory, a system that watches windows of 2 s signals it once in
/// each; a signal stands long enough for the next to come late.
class StandingStalls {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kStandFor{5};

  void note(Stalls stalls, Clock::time_point now) {
    if (stalls.system) system_ = now;
    if (stalls.group) group_ = now;
  }
  Stalls at(Clock::time_point now) const { return {stands(system_, now), stands(group_, now)}; }

 private:
  static bool stands(const std::optional<Clock::time_point>& since, Clock::time_point now) {
    return since && now - *since < kStandFor;
  }

  std::optional<Clock::time_point> system_;
  std::optional<Clock::time_point> group_;
};

}  // namespace ebbcache
