// The Node-API module: two classes and the read buffer. Nothing here outlives its environment.
#include <napi.h>

#include "addon/environment.h"
#include "addon/native_api.h"
#include "addon/sampler.h"
#include "addon/store_object.h"
#include "store/entry.h"
#include "store/layout.h"

namespace ebbcache {
namespace {

/// (bytes: Uint8Array): where reads copy to from now on.
void setReadBuffer(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) {
    Napi::TypeError::New(info.Env(), "The read buffer must be a Uint8Array.")
        .ThrowAsJavaScriptException();
    return;
  }
  auto bytes = info[0].As<Napi::Uint8Array>();
  Environment& environment = Environment::of(info.Env());
  environment.readBuffer = Napi::Persistent(bytes);
  environment.readBytes = reinterpret_cast<char*>(bytes.Data());
  environment.readCapacity = bytes.ByteLength();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // Freed with the environment, after the finalizers of its objects.
  env.SetInstanceData(new Environment());
  exports.Set("Store", StoreObject::init(env));
  exports.Set("Sampler", Sampler::init(env));
  exports.Set("setReadBuffer", Napi::Function::New(env, setReadBuffer, "setReadBuffer"));
  exports.Set("nativeApi", Napi::Function::New(env, nativeApi, "nativeApi"));
  const auto limits = Napi::Object::New(env);
  limits.Set("minBytes", Napi::Number::New(env, static_cast<double>(kMinBudgetBytes)));
  limits.Set("maxBytes", Napi::Number::New(env, static_cast<double>(kMaxBudgetBytes)));
  limits.Set("maxKeyBytes", Napi::Number::New(env, static_cast<double>(kMaxKeyBytes)));
  exports.Set("limits", limits);
  return exports;
}

NODE_API_MODULE(ebbcache, init)

}  // namespace
}  // namespace ebbcache
