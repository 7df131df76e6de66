#include "flights/flight_registry.h"

#include <iterator>

namespace ebbcache {

FlightSeat FlightRegistry::join(const std::shared_ptr<FlightMember>& member, std::string_view scope,
                                std::string_view key, std::string_view version) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Flight> flight = findCurrent(scope, key);
  const bool isNew = flight == nullptr || flight->version != version;
  if (isNew) flight = std::make_shared<Flight>(scope, key, version);
  const FlightTicket ticket = ++lastTicket_;
  auto taken = std::make_unique<Taken>(ticket, member);
  const auto place = places_.emplace(ticket, Place{flight, {}}).first;
  try {
    place->second.seat = flight->seats.insert(flight->seats.end(), std::move(taken));
    // One that fails takes the seat with it.
    if (isNew) makeCurrent(flight);
  } catch (...) {
    places_.erase(place);
    throw;
  }
  return {ticket, place->second.leads()};
}

bool FlightRegistry::isCurrent(FlightTicket ticket) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto place = places_.find(ticket);
  return place != places_.end() && place->second.flight->current;
}

bool FlightRegistry::leave(FlightTicket ticket) {
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(ticket);
    if (place == places_.end()) return true;
    if (place->second.leads() && place->second.flight->seats.size() > 1) return false;
    giveUp(place, givenUp);
  }
  givenUp.wake();
  return true;
}

void FlightRegistry::handOn(FlightTicket ticket) {
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(ticket);
    if (place == places_.end()) return;
    giveUp(place, givenUp);
  }
  givenUp.wake();
}

void FlightRegistry::land(FlightTicket ticket, std::string result) {
  const auto shared = std::make_shared<const std::string>(std::move(result));
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(ticket);
    if (place == places_.end() || !place->second.leads()) return;
    const std::shared_ptr<Flight> flight = place->second.flight;
    makeStale(*flight);
    for (std::unique_ptr<Taken>& each : flight->seats) {
      Taken& seat = givenUp.add(std::move(each));
      places_.erase(seat.ticket);
      if (seat.ticket != ticket) tell(seat, FlightEvent::kLanded, shared, seat);
    }
  }
  givenUp.wake();
}

void FlightRegistry::leaveAll(const FlightMember& member) {
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto place = places_.begin(); place != places_.end();) {
      const auto next = std::next(place);
      if ((*place->second.seat)->member.get() == &member) giveUp(place, givenUp);
      place = next;
    }
  }
  givenUp.wake();
}

void FlightRegistry::forget(std::string_view scope, std::string_view key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const std::shared_ptr<Flight> flight = findCurrent(scope, key)) makeStale(*flight);
}

void FlightRegistry::forgetAll(std::string_view scope) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto keys = current_.find(scope);
  if (keys == current_.end()) return;
  for (const auto& [key, flight] : keys->second) flight->current = false;
  current_.erase(keys);
}

std::shared_ptr<FlightRegistry::Flight> FlightRegistry::findCurrent(std::string_view scope,
                                                                    std::string_view key) const {
  const auto keys = current_.find(scope);
  if (keys == current_.end()) return nullptr;
  const auto found = keys->second.find(key);
  return found == keys->second.end() ? nullptr : found->second;
}

void FlightRegistry::makeCurrent(const std::shared_ptr<Flight>& flight) {
  const auto keys = current_.find(flight->scope);
  if (keys == current_.end()) {
    // Made first: a scope without keys must not be left behind.
    FlightsByKey first;
    first.emplace(flight->key, flight);
    current_.emplace(flight->scope, std::move(first));
    return;
  }
  const auto [found, isNew] = keys->second.emplace(flight->key, flight);
  if (isNew) return;
  found->second->current = false;
  found->second = flight;
}

void FlightRegistry::makeStale(Flight& flight) {
  if (!flight.current) return;
  flight.current = false;
  const auto keys = current_.find(flight.scope);
  keys->second.erase(flight.key);
  if (keys->second.empty()) current_.erase(keys);
}

void FlightRegistry::giveUp(Places::iterator place, GivenUp& givenUp) {
  Flight& flight = *place->second.flight;
  const bool led = place->second.leads();
  Taken& seat = givenUp.add(std::move(*place->second.seat));
  flight.seats.erase(place->second.seat);
  if (flight.seats.empty()) {
    makeStale(flight);
  } else if (led) {
    tell(*flight.seats.front(), FlightEvent::kLeads, nullptr, seat);
  } else if (flight.seats.size() == 1) {
    tell(*flight.seats.front(), FlightEvent::kUnawaited, nullptr, seat);
  }
  places_.erase(place);
}

void FlightRegistry::tell(Taken& seat, FlightEvent event, std::shared_ptr<const std::string> result,
                          Taken& because) {
  if (seat.member->tell(seat.seat, event, std::move(result))) because.toWake = seat.member;
}

FlightRegistry::GivenUp::~GivenUp() {
  // One after the other: a chain that ends itself calls as deep as it is long.
  while (first_ != nullptr) first_ = std::move(first_->next);
}

FlightRegistry::Taken& FlightRegistry::GivenUp::add(std::unique_ptr<Taken> seat) {
  seat->next = std::move(first_);
  first_ = std::move(seat);
  return *first_;
}

void FlightRegistry::GivenUp::wake() const {
  for (const Taken* seat = first_.get(); seat != nullptr; seat = seat->next.get()) {
    if (seat->toWake != nullptr) seat->toWake->wake();
  }
}

}  // namespace ebbcache
