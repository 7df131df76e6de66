// The functions of the addon by which the environments of a process run one call together.
#pragma once

#include <napi.h>

namespace ebbcache {

/// joinFlight, isFlightCurrent, leaveFlight, handOnFlight, completeFlight, forgetFlight and
/// forgetFlights: what FlightRegistry does, for one environment.
void addFlightCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
