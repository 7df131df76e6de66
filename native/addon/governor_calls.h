// The functions of the addon for the process's governor.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds configureGovernor(options) and governorStatus().
void addGovernorCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
