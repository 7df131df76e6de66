#include "store/store_clock.h"

#include <algorithm>
#include <chrono>

namespace ebbcache {
namespace {

uint64_t steadyNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

int64_t wallNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The time that the clock shows at first, and the maximum that it may be set back: half of its
/// range.
constexpr uint64_t kClockOffset = uint64_t{1} << (Deadline::kExpiryBits - 1);

}  // namespace

StoreClock::StoreClock(SettableClock::Source source)
    : clock_(source != nullptr ? source : steadyNowMs, kClockOffset),
      wallOrigin_(static_cast<int64_t>(clock_.own()) - wallNowMs()) {}

void StoreClock::give(std::optional<int64_t> wallMs) {
  const uint64_t shown = now();
  if (wallMs.has_value()) {
    clock_.give(timeOf(*wallMs));
  } else {
    clock_.giveNone();
  }
  if (now() < shown) wasSetBack_.store(true, std::memory_order_relaxed);
}

uint64_t StoreClock::timeOf(int64_t wallMs) const {
  return static_cast<uint64_t>(
      std::clamp<int64_t>(wallOrigin_ + wallMs, 0, static_cast<int64_t>(Deadline::kMaxNow)));
}

}  // namespace ebbcache
