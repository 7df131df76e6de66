// The functions of the addon about the folders of disk tiers.
#pragma once

#include <napi.h>

namespace ebbcache {

/// Adds diskSummary.
void addDiskCalls(Napi::Env env, Napi::Object exports);

}  // namespace ebbcache
