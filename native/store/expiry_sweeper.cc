#include "store/expiry_sweeper.h"

namespace ebbcache {

MaintainResult ExpirySweeper::sweep(const std::function<bool()>& mayGoOn) {
  constexpr uint64_t kSpacingMs = 1000;
  const auto expire = [this](Address address) {
    const uint64_t hash = core_.hash(core_.arena->slabs.at(address));
    const WriterStripe stripe(core_.stripes, hash);
    ++core_.counters.expirations;
    core_.remove(address, hash, RemovalReason::kExpire);
  };
  const uint64_t now = core_.clock.now();
  if (core_.clock.takeSetBack()) core_.arena->log.clockWentBack();
  sweptAt_ = now;
  // A given time may jump, and the caller may ask at once for what has expired.
  const uint64_t spacing = core_.clock.isGiven() ? 0 : kSpacingMs;
  const ExpirySweep::Result swept = core_.arena->log.sweepExpired(now, spacing, expire, mayGoOn);
  return swept.done ? doneIf(swept.seen > 0) : MaintainResult::kMore;
}

void ExpirySweeper::sweepAll() {
  // A round that an earlier call began may have passed entries that have expired since: a whole
  // round follows.
  for (int round = 0; round < 2; ++round) (void)sweep([] { return true; });
}

}  // namespace ebbcache
