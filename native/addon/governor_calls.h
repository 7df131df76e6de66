// The functions of the addon that set and ask the process's governor.
#pragma once

#include <napi.h>

namespace ebbcache {

/// configureGovernor(options) and governorStatus().
void addGovernorCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
