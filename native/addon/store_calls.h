// The operations on single entries, as plain functions of the addon. They are called millions of
// times a second, so they take the number of a store in place of `this`, read their arguments
// without conversions, and report errors by negative numbers. Whatever their arguments are, they
// touch only stores that are open and the buffers that were set.
#pragma once

#include <napi.h>

namespace ebbcache {

struct Environment;

/// Adds get, peek, has, set, delete, getMany and setMany; see the types in lib/native/addon.ts.
void addStoreCalls(Napi::Env env, Napi::Object exports, Environment& environment);

}  // namespace ebbcache
