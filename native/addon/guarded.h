// Guards the functions that Node calls: a C++ exception that left one would end the process.
#pragma once

#include <napi.h>

#include <exception>
#include <new>

namespace ebbcache {

/// Runs `call`; a C++ exception becomes a JavaScript one. It needs no heap for that, and does
/// nothing where none can be thrown any more: in an environment that is torn down.
template <typename Call>
auto guarded(napi_env env, const Call& call) noexcept -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    napi_throw_error(
        env, "ERR_EBBCACHE_MEMORY",
        "The system refused ebbcache the memory for this call. Free some, and try again.");
  } catch (...) {
    napi_throw_error(env, "ERR_EBBCACHE_FAILED",
                     "Something failed inside ebbcache. Try again, and report it if it stays.");
  }
  return decltype(call())();
}

/// Guards a plain callback of Node-API.
template <napi_callback kCallback>
napi_value guardedCallback(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&] { return kCallback(env, info); });
}

/// Guards a function that Napi::Function::New takes.
template <auto kFunction>
auto guardedFunction(const Napi::CallbackInfo& info) -> decltype(kFunction(info)) {
  return guarded(info.Env(), [&] { return kFunction(info); });
}

/// An ObjectWrap whose construction is guarded. Its methods guard themselves.
template <typename Object>
class GuardedWrap : public Napi::ObjectWrap<Object> {
 public:
  using Napi::ObjectWrap<Object>::ObjectWrap;

  /// Takes the place of ObjectWrap's, which calls `new` with no guard around it.
  // NOLINTNEXTLINE(readability-identifier-naming): node-addon-api's name for it.
  static napi_value ConstructorCallbackWrapper(napi_env env, napi_callback_info info) {
    return guarded(env, [&]() -> napi_value {
      const Napi::CallbackInfo given(env, info);
      if (!given.IsConstructCall()) return Napi::ObjectWrap<Object>::OnCalledAsFunction(given);
      auto* const object = new Object(given);
      if (given.Env().IsExceptionPending()) {
        // The exception is set aside, so that the object can be taken off its JavaScript object.
        const Napi::Error error = given.Env().GetAndClearPendingException();
        delete object;
        error.ThrowAsJavaScriptException();
      }
      return given.This();
    });
  }
};

}  // namespace ebbcache
