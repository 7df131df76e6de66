#include "flights/flight_registry.h"

#include <iterator>

namespace ebbcache {

FlightWaiter FlightRegistry::join(const std::shared_ptr<FlightMember>& member,
                                  std::string_view scope, std::string_view key,
                                  std::string_view version) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Flight> flight = findCurrent(scope, key);
  const bool isNew = flight == nullptr || flight->version != version;
  if (isNew) flight = std::make_shared<Flight>(scope, key, version);
  const FlightWaiterId waiterId = ++lastWaiterId_;
  auto taken = std::make_unique<Taken>(waiterId, member);
  const auto place = places_.emplace(waiterId, Place{flight, {}}).first;
  try {
    place->second.waiter = flight->waiters.insert(flight->waiters.end(), std::move(taken));
    // A failure destroys the waiter too.
    if (isNew) makeCurrent(flight);
  } catch (...) {
    places_.erase(place);
    throw;
  }
  return {waiterId, place->second.leads()};
}

bool FlightRegistry::isCurrent(FlightWaiterId waiterId) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto place = places_.find(waiterId);
  return place != places_.end() && place->second.flight->current;
}

bool FlightRegistry::leave(FlightWaiterId waiterId) {
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(waiterId);
    if (place == places_.end()) return true;
    if (place->second.leads() && place->second.flight->waiters.size() > 1) return false;
    giveUp(place, givenUp);
  }
  givenUp.wake();
  return true;
}

void FlightRegistry::handOn(FlightWaiterId waiterId) {
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(waiterId);
    if (place == places_.end()) return;
    giveUp(place, givenUp);
  }
  givenUp.wake();
}

void FlightRegistry::complete(FlightWaiterId waiterId, std::string result) {
  const auto shared = std::make_shared<const std::string>(std::move(result));
  GivenUp givenUp;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(waiterId);
    if (place == places_.end() || !place->second.leads()) return;
    const std::shared_ptr<Flight> flight = place->second.flight;
    makeStale(*flight);
    for (std::unique_ptr<Taken>& each : flight->waiters) {
      Taken& waiter = givenUp.add(std::move(each));
      places_.erase(waiter.id);
      if (waiter.id != waiterId) tell(waiter, FlightEvent::kCompleted, shared, waiter);
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
      if ((*place->second.waiter)->member.get() == &member) giveUp(place, givenUp);
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
    // The waiter is made first: a scope without keys must not stay behind.
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
  Taken& waiter = givenUp.add(std::move(*place->second.waiter));
  flight.waiters.erase(place->second.waiter);
  if (flight.waiters.empty()) {
    makeStale(flight);
  } else if (led) {
    tell(*flight.waiters.front(), FlightEvent::kLeads, nullptr, waiter);
  } else if (flight.waiters.size() == 1) {
    tell(*flight.waiters.front(), FlightEvent::kUnawaited, nullptr, waiter);
  }
  places_.erase(place);
}

void FlightRegistry::tell(Taken& waiter, FlightEvent event,
                          std::shared_ptr<const std::string> result, Taken& because) {
  if (waiter.member->tell(waiter.waiter, event, std::move(result))) because.toWake = waiter.member;
}

FlightRegistry::GivenUp::~GivenUp() {
  // They are destroyed one after the other: a chain that destroys itself recurses as deep as it is
  // long.
  while (first_ != nullptr) first_ = std::move(first_->next);
}

FlightRegistry::Taken& FlightRegistry::GivenUp::add(std::unique_ptr<Taken> waiter) {
  waiter->next = std::move(first_);
  first_ = std::move(waiter);
  return *first_;
}

void FlightRegistry::GivenUp::wake() const {
  for (const Taken* waiter = first_.get(); waiter != nullptr; waiter = waiter->next.get()) {
    if (waiter->toWake != nullptr) waiter->toWake->wake();
  }
}

}  // namespace ebbcache
