// The flights of one environment.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flights/flight_registry.h"

namespace ebbcache {

/// Only the environment's own thread may use it. It keeps the environment alive while a waiter
/// follows, and removes all waiters when the environment ends, however it ends.
class EnvironmentFlights {
 public:
  /// Leaves a JavaScript exception pending where Node refuses a signal by which other threads wake
  /// it.
  EnvironmentFlights(Napi::Env env, FlightRegistry& registry);
  ~EnvironmentFlights() { close(); }
  EnvironmentFlights(const EnvironmentFlights&) = delete;
  EnvironmentFlights& operator=(const EnvironmentFlights&) = delete;

  /// Calls `told` with the FlightEvent as a number and, for a flight that completed, a Uint8Array;
  /// never before this returns, and not any more once the waiter has left.
  FlightWaiter join(std::string_view scope, std::string_view key, std::string_view version,
                    const Napi::Function& told);
  // See FlightRegistry. Waiters of other environments count as waiters that have left.
  bool isCurrent(FlightWaiterId waiterId) const;
  bool leave(FlightWaiterId waiterId);
  void handOn(FlightWaiterId waiterId);
  void complete(FlightWaiterId waiterId, std::string result);

 private:
  struct Waiter {
    Napi::FunctionReference told;
    bool follows = false;
  };

  static void onEvent(Napi::Env env, Napi::Function none, EnvironmentFlights* flights, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentFlights, void, onEvent>;

  void tellNext();
  void stopFollowing(Waiter& waiter);
  void remove(FlightWaiterId waiterId);
  void close();

  const Napi::Env env_;
  FlightRegistry& registry_;
  // Declared before the signal: nothing may fail between the signal and the hook that ends it.
  const std::shared_ptr<FlightMember> member_;
  Signal signal_;
  std::unordered_map<FlightWaiterId, Waiter> waiters_;
  uint64_t following_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache
