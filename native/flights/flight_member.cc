#include "flights/flight_member.h"

#include <utility>

namespace ebbcache {

std::optional<FlightNews> FlightMember::takeNews() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (news_.empty()) return std::nullopt;
  FlightNews news = std::move(news_.front());
  news_.pop_front();
  return news;
}

void FlightMember::close() {
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  woken_.wait(lock, [this] { return waking_ == 0; });
  news_.clear();
}

void FlightMember::add(FlightNews news) {
  const std::lock_guard<std::mutex> lock(mutex_);
  news_.push_back(std::move(news));
}

void FlightMember::wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    ++waking_;
  }
  wake_();
  const std::lock_guard<std::mutex> lock(mutex_);
  // Told under the lock: the one that waits may destroy this once it has the lock.
  if (--waking_ == 0) woken_.notify_all();
}

}  // namespace ebbcache
