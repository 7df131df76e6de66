#include "addon/warning_calls.h"

#include <optional>

#include "addon/environment.h"
#include "addon/guarded.h"
#include "process/forked_child.h"

namespace ebbcache {
namespace {

/// (kind, ms, ms) -> how many warnings were held back before this one, or -1 where it is held back
/// too.
Napi::Value admitWarning(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  // In a forked child the lock may be held by a thread that does not exist.
  if (inForkedChild()) return Napi::Number::New(env, -1);
  if (!info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber()) return {};
  const std::optional<uint64_t> heldBack = Environment::of(env).runtime->warnings().admit(
      info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().DoubleValue(),
      info[2].As<Napi::Number>().DoubleValue());
  return Napi::Number::New(env, heldBack ? static_cast<double>(*heldBack) : -1);
}

Napi::Value forgetWarnings(const Napi::CallbackInfo& info) {
  if (!inForkedChild()) Environment::of(info.Env()).runtime->warnings().forget();
  return {};
}

}  // namespace

void addWarningCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("admitWarning",
              Napi::Function::New<guardedFunction<admitWarning>>(env, "admitWarning"));
  exports.Set("forgetWarnings",
              Napi::Function::New<guardedFunction<forgetWarnings>>(env, "forgetWarnings"));
}

}  // namespace ebbcache
