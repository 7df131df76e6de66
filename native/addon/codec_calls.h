// The operations on values that a read has left in a buffer, as plain functions of the addon; see
// store_calls.h.
#pragma once

#include <napi.h>

namespace ebbcache {

struct Environment;

/// Adds selectFields, writeJson and takeJson; see the types in lib/native/addon.ts.
void addCodecCalls(Napi::Env env, Napi::Object exports, Environment& environment);

}  // namespace ebbcache
