#include "disk/disk_event_log.h"

#include <algorithm>
#include <utility>

namespace ebbcache {

void DiskEventLog::tell(DiskEvent event) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!isNew(event)) return;
    events_.push_back(std::move(event));
    if (events_.size() > kMaxEvents) {
      events_.erase(events_.begin());
      ++first_;
    }
  }
  const std::lock_guard<std::mutex> lock(calling_);
  for (const auto& [id, onEvent] : subscribers_) onEvent();
}

bool DiskEventLog::isNew(const DiskEvent& event) {
  switch (event.kind) {
    case DiskEvent::Kind::kTrouble:
      return !std::exchange(isInTrouble_, true);
    case DiskEvent::Kind::kRecovered:
      return std::exchange(isInTrouble_, false);
    case DiskEvent::Kind::kDamaged: {
      const Clock::time_point now = Clock::now();
      if (damageTold_ && now - *damageTold_ < damageEvery_) return false;
      damageTold_ = now;
      return true;
    }
    case DiskEvent::Kind::kRemovedEarlier:
      return true;
  }
  return true;
}

bool DiskEventLog::isInTrouble() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return isInTrouble_;
}

uint64_t DiskEventLog::subscribe(std::function<void()> onEvent) {
  const std::lock_guard<std::mutex> lock(calling_);
  subscribers_.emplace(++lastSubscription_, std::move(onEvent));
  return lastSubscription_;
}

void DiskEventLog::unsubscribe(uint64_t subscription) {
  const std::lock_guard<std::mutex> lock(calling_);
  subscribers_.erase(subscription);
}

std::vector<DiskEvent> DiskEventLog::after(uint64_t& after) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t from = std::max(after, first_) - first_;
  after = first_ + events_.size();
  if (from >= events_.size()) return {};
  return {events_.begin() + static_cast<std::ptrdiff_t>(from), events_.end()};
}

}  // namespace ebbcache
