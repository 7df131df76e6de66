#include "flights/flight_registry.h"

#include <algorithm>
#include <utility>

namespace ebbcache {

FlightSeat FlightRegistry::join(const std::shared_ptr<FlightMember>& member, std::string_view scope,
                                std::string_view key, std::string_view version) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto keys = current_.find(scope);
  if (keys == current_.end()) keys = current_.emplace(scope, FlightsByKey()).first;
  std::shared_ptr<Flight>& flight = keys->second[std::string(key)];
  if (flight == nullptr || flight->version != version) {
    if (flight != nullptr) flight->current = false;
    flight = std::make_shared<Flight>();
    flight->scope = scope;
    flight->key = key;
    flight->version = version;
  }
  const FlightTicket ticket = ++lastTicket_;
  flight->seats.push_back({ticket, member});
  seats_.emplace(ticket, flight);
  return {ticket, flight->isLedBy(ticket)};
}

bool FlightRegistry::isCurrent(FlightTicket ticket) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::shared_ptr<Flight> flight = find(ticket);
  return flight != nullptr && flight->current;
}

bool FlightRegistry::leave(FlightTicket ticket) {
  Wakes wakes;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::shared_ptr<Flight> flight = find(ticket);
    if (flight == nullptr) return true;
    if (flight->isLedBy(ticket) && flight->seats.size() > 1) return false;
    giveUp(*flight, ticket, wakes);
  }
  wake(wakes);
  return true;
}

void FlightRegistry::land(FlightTicket ticket, std::string result) {
  const auto shared = std::make_shared<const std::string>(std::move(result));
  Wakes wakes;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::shared_ptr<Flight> flight = find(ticket);
    if (flight == nullptr || !flight->isLedBy(ticket)) return;
    makeStale(*flight);
    for (const Taken& seat : flight->seats) {
      seats_.erase(seat.ticket);
      if (seat.ticket != ticket) tell(seat, {seat.ticket, FlightEvent::kLanded, shared}, wakes);
    }
  }
  wake(wakes);
}

void FlightRegistry::leaveAll(const FlightMember& member) {
  Wakes wakes;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<FlightTicket> tickets;
    for (const auto& [ticket, flight] : seats_) {
      const auto& seats = flight->seats;
      const FlightTicket own = ticket;
      if (std::any_of(seats.begin(), seats.end(), [&](const Taken& seat) {
            return seat.ticket == own && seat.member.get() == &member;
          })) {
        tickets.push_back(own);
      }
    }
    for (const FlightTicket ticket : tickets) giveUp(*find(ticket), ticket, wakes);
  }
  wake(wakes);
}

void FlightRegistry::forget(std::string_view scope, std::string_view key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto keys = current_.find(scope);
  if (keys == current_.end()) return;
  const auto found = keys->second.find(key);
  if (found == keys->second.end()) return;
  makeStale(*std::shared_ptr<Flight>(found->second));
}

void FlightRegistry::forgetAll(std::string_view scope) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto keys = current_.find(scope);
  if (keys == current_.end()) return;
  for (const auto& [key, flight] : keys->second) flight->current = false;
  current_.erase(keys);
}

std::shared_ptr<FlightRegistry::Flight> FlightRegistry::find(FlightTicket ticket) const {
  const auto found = seats_.find(ticket);
  return found == seats_.end() ? nullptr : found->second;
}

void FlightRegistry::giveUp(Flight& flight, FlightTicket ticket, Wakes& wakes) {
  const bool led = flight.isLedBy(ticket);
  const auto seat = std::find_if(flight.seats.begin(), flight.seats.end(),
                                 [&](const Taken& each) { return each.ticket == ticket; });
  flight.seats.erase(seat);
  if (flight.seats.empty()) {
    makeStale(flight);
  } else if (const Taken& first = flight.seats.front(); led) {
    tell(first, {first.ticket, FlightEvent::kLeads, nullptr}, wakes);
  } else if (flight.seats.size() == 1) {
    tell(first, {first.ticket, FlightEvent::kUnawaited, nullptr}, wakes);
  }
  seats_.erase(ticket);
}

void FlightRegistry::makeStale(Flight& flight) {
  if (!flight.current) return;
  flight.current = false;
  const auto keys = current_.find(flight.scope);
  keys->second.erase(flight.key);
  if (keys->second.empty()) current_.erase(keys);
}

void FlightRegistry::tell(const Taken& seat, FlightNews news, Wakes& wakes) {
  seat.member->add(std::move(news));
  wakes.push_back(seat.member);
}

void FlightRegistry::wake(const Wakes& wakes) {
  for (const std::shared_ptr<FlightMember>& member : wakes) member->wake();
}

}  // namespace ebbcache
