#include "flights/flight_member.h"

#include <utility>

namespace ebbcache {
namespace {

constexpr uint8_t bitOf(FlightEvent event) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(event));
}

/// The event that came first: of those that can wait together, kLeads comes before kUnawaited.
FlightEvent firstOf(uint8_t events) {
  for (const FlightEvent event : {FlightEvent::kCompleted, FlightEvent::kLeads}) {
    if ((events & bitOf(event)) != 0) return event;
  }
  return FlightEvent::kUnawaited;
}

}  // namespace

std::optional<FlightNotification> FlightMember::takeNotification() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (told_.empty()) return std::nullopt;
  Waiter& waiter = told_.front();
  const FlightEvent event = firstOf(waiter.untaken);
  FlightNotification notification{waiter.id, event, std::move(waiter.result)};
  waiter.untaken = static_cast<uint8_t>(waiter.untaken & ~bitOf(event));
  if (waiter.untaken == 0) putAside(told_.begin());
  return notification;
}

void FlightMember::close() {
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  woken_.wait(lock, [this] { return waking_ == 0; });
  while (!told_.empty()) {
    Waiter& waiter = told_.front();
    waiter.untaken = 0;
    waiter.result.reset();
    putAside(told_.begin());
  }
}

void FlightMember::putAside(Waiters::iterator waiter) {
  if (waiter->isGone) {
    told_.erase(waiter);
  } else {
    quiet_.splice(quiet_.end(), told_, waiter);
  }
}

FlightMember::Waiters::iterator FlightMember::addWaiter(FlightWaiterId waiterId) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return quiet_.insert(quiet_.end(), Waiter{waiterId, 0, false, nullptr});
}

void FlightMember::removeWaiter(Waiters::iterator waiter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiter->untaken == 0) {
    quiet_.erase(waiter);
  } else {
    waiter->isGone = true;
  }
}

bool FlightMember::tell(Waiters::iterator waiter, FlightEvent event,
                        std::shared_ptr<const std::string> result) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_ || (waiter->untaken & bitOf(event)) != 0) return false;
  if (waiter->untaken == 0) told_.splice(told_.end(), quiet_, waiter);
  waiter->untaken = static_cast<uint8_t>(waiter->untaken | bitOf(event));
  if (result != nullptr) waiter->result = std::move(result);
  return true;
}

void FlightMember::wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    ++waking_;
  }
  wake_();
  const std::lock_guard<std::mutex> lock(mutex_);
  // The signal is given under the lock: the waiting thread may destroy this once it has the lock.
  if (--waking_ == 0) woken_.notify_all();
}

}  // namespace ebbcache
