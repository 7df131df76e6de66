// Reads the state of a file, and the record that was stored with it, in one call. As in
// store_calls.h, these are plain functions that report errors by negative numbers.
//
// A record is a value that begins with a state, of 32 bytes: see files/file_state.h.
#pragma once

#include <napi.h>

namespace ebbcache {

struct Environment;

/// Adds fileState, getOfState and lookUpFile; see the types in lib/native/addon.ts.
void addFileCalls(Napi::Env env, Napi::Object exports, Environment& environment);

}  // namespace ebbcache
