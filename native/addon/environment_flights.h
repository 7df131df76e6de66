// The part that one environment takes in the flights of the process.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flights/flight_registry.h"

namespace ebbcache {

/// Only the environment's own thread uses it. It keeps the environment alive as long as a waiter
/// follows, and gives up all waiters when the environment ends, however it ends.
class EnvironmentFlights {
 public:
  /// Leaves a JavaScript exception pending when Node refuses what other threads wake it by.
  EnvironmentFlights(Napi::Env env, FlightRegistry& registry);
  ~EnvironmentFlights() { close(); }
  EnvironmentFlights(const EnvironmentFlights&) = delete;
  EnvironmentFlights& operator=(const EnvironmentFlights&) = delete;

  /// `told` is called with the FlightEvent as a number and, of a flight that completed, a
  /// Uint8Array; never before this returns, and not any more once the waiter is left.
  FlightWaiter join(std::string_view scope, std::string_view key, std::string_view version,
                    const Napi::Function& told);
  // Those of FlightRegistry, for the waiters of this environment; others pass for left ones.
  bool isCurrent(FlightWaiterId waiterId) const;
  bool leave(FlightWaiterId waiterId);
  void handOn(FlightWaiterId waiterId);
  void complete(FlightWaiterId waiterId, std::string result);

 private:
  struct Waiter {
    Napi::FunctionReference told;
    bool follows = false;
  };

  static void onNews(Napi::Env env, Napi::Function none, EnvironmentFlights* flights, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentFlights, void, onNews>;

  void tellNext();
  void stopFollowing(Waiter& waiter);
  void remove(FlightWaiterId waiterId);
  void close();

  const Napi::Env env_;
  FlightRegistry& registry_;
  // Before the signal: nothing may fail between that and the hook that ends it.
  const std::shared_ptr<FlightMember> member_;
  Signal signal_;
  std::unordered_map<FlightWaiterId, Waiter> waiters_;
  uint64_t following_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache
