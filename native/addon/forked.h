// Refuses calls in a process that was forked, where no lock may be taken.
#pragma once

#include <napi.h>

#include <type_traits>

#include "process/forked_child.h"

namespace ebbcache {

/// Throws, and returns true, in a forked child.
inline bool refusesForked(napi_env env) {
  if (!inForkedChild()) return false;
  napi_throw_error(env, "ERR_EBBCACHE_FORKED", kForkedSentence);
  return true;
}

/// Wraps a call so that it throws in a forked child.
template <auto kCall>
std::invoke_result_t<decltype(kCall), const Napi::CallbackInfo&> unlessForked(
    const Napi::CallbackInfo& info) {
  if (refusesForked(info.Env())) return decltype(kCall(info))();
  return kCall(info);
}

}  // namespace ebbcache
