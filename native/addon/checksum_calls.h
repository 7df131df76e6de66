// Checksums of bytes of JavaScript, written to and compared with bytes beside them: JavaScript's
// numbers do not hold 64 bits, and so no number is made.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds writeChecksum and hasChecksum; see the types in lib/native/addon.ts.
void addChecksumCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
