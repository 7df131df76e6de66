// The functions of the addon for flights that the environments of a process share.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds joinFlight, isFlightCurrent, leaveFlight, handOnFlight, completeFlight, forgetFlight and
/// forgetFlights: the functions of FlightRegistry, for one environment.
void addFlightCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
