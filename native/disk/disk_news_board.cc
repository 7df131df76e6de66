#include "disk/disk_news_board.h"

#include <algorithm>
#include <utility>

namespace ebbcache {

void DiskNewsBoard::tell(DiskNews news) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!isNew(news)) return;
    news_.push_back(std::move(news));
    if (news_.size() > kMost) {
      news_.erase(news_.begin());
      ++first_;
    }
  }
  const std::lock_guard<std::mutex> lock(calling_);
  for (const auto& [id, onNews] : subscribers_) onNews();
}

bool DiskNewsBoard::isNew(const DiskNews& news) {
  switch (news.kind) {
    case DiskNews::Kind::kTrouble:
      return !std::exchange(isInTrouble_, true);
    case DiskNews::Kind::kRecovered:
      return std::exchange(isInTrouble_, false);
    case DiskNews::Kind::kDamaged: {
      const Clock::time_point now = Clock::now();
      if (damageTold_ && now - *damageTold_ < damageEvery_) return false;
      damageTold_ = now;
      return true;
    }
    case DiskNews::Kind::kRemovedEarlier:
      return true;
  }
  return true;
}

bool DiskNewsBoard::isInTrouble() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return isInTrouble_;
}

uint64_t DiskNewsBoard::subscribe(std::function<void()> onNews) {
  const std::lock_guard<std::mutex> lock(calling_);
  subscribers_.emplace(++lastSubscription_, std::move(onNews));
  return lastSubscription_;
}

void DiskNewsBoard::unsubscribe(uint64_t subscription) {
  const std::lock_guard<std::mutex> lock(calling_);
  subscribers_.erase(subscription);
}

std::vector<DiskNews> DiskNewsBoard::after(uint64_t& after) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t from = std::max(after, first_) - first_;
  after = first_ + news_.size();
  if (from >= news_.size()) return {};
  return {news_.begin() + static_cast<std::ptrdiff_t>(from), news_.end()};
}

}  // namespace ebbcache
