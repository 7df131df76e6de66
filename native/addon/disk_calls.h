// The functions of the addon about the folders of disk tiers.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds diskSummary and diskIntegrity; see the types in lib/native/addon.ts.
void addDiskCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
