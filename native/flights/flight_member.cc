#include "flights/flight_member.h"

#include <utility>

namespace ebbcache {
namespace {

constexpr uint8_t bitOf(FlightEvent event) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(event));
}

/// In the order in which those that can wait together have come.
FlightEvent firstOf(uint8_t events) {
  for (const FlightEvent event : {FlightEvent::kLanded, FlightEvent::kLeads}) {
    if ((events & bitOf(event)) != 0) return event;
  }
  return FlightEvent::kUnawaited;
}

}  // namespace

std::optional<FlightNews> FlightMember::takeNews() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (told_.empty()) return std::nullopt;
  Seat& seat = told_.front();
  const FlightEvent event = firstOf(seat.untaken);
  FlightNews news{seat.ticket, event, std::move(seat.result)};
  seat.untaken = static_cast<uint8_t>(seat.untaken & ~bitOf(event));
  if (seat.untaken == 0) putAside(told_.begin());
  return news;
}

void FlightMember::close() {
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  woken_.wait(lock, [this] { return waking_ == 0; });
  while (!told_.empty()) {
    Seat& seat = told_.front();
    seat.untaken = 0;
    seat.result.reset();
    putAside(told_.begin());
  }
}

void FlightMember::putAside(Seats::iterator seat) {
  if (seat->isGone) {
    told_.erase(seat);
  } else {
    quiet_.splice(quiet_.end(), told_, seat);
  }
}

FlightMember::Seats::iterator FlightMember::addSeat(FlightTicket ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return quiet_.insert(quiet_.end(), Seat{ticket, 0, false, nullptr});
}

void FlightMember::removeSeat(Seats::iterator seat) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (seat->untaken == 0) {
    quiet_.erase(seat);
  } else {
    seat->isGone = true;
  }
}

bool FlightMember::tell(Seats::iterator seat, FlightEvent event,
                        std::shared_ptr<const std::string> result) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_ || (seat->untaken & bitOf(event)) != 0) return false;
  if (seat->untaken == 0) told_.splice(told_.end(), quiet_, seat);
  seat->untaken = static_cast<uint8_t>(seat->untaken | bitOf(event));
  if (result != nullptr) seat->result = std::move(result);
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
  // Told under the lock: the one that waits may destroy this once it has the lock.
  if (--waking_ == 0) woken_.notify_all();
}

}  // namespace ebbcache
