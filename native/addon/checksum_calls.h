// Checksums of bytes that JavaScript has, written to and compared with bytes beside them: 64 bits
// are no number of JavaScript's, and this makes none.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds writeChecksum and hasChecksum; see the types in lib/native/addon.ts.
void addChecksumCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
