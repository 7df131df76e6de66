// The functions of the addon that pace warnings of the process.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds admitWarning(kind, now, interval) and forgetWarnings().
void addWarningCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
