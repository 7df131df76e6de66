// The Node-API module: classes of stores and of locks on files, and functions on entries, files,
// the governor, memory, flights and checksums. Nothing here outlives its environment.
#include <napi.h>

#include "addon/checksum_calls.h"
#include "addon/environment.h"
#include "addon/file_calls.h"
#include "addon/file_lock_object.h"
#include "addon/flight_calls.h"
#include "addon/forked.h"
#include "addon/governor_calls.h"
#include "addon/guarded.h"
#include "addon/native_api.h"
#include "addon/sampler.h"
#include "addon/store_calls.h"
#include "addon/store_object.h"
#include "store/entry.h"
#include "store/layout.h"

namespace ebbcache {
namespace {

/// (bytes: Uint8Array): where reads copy to, writes copy from, or states of files lie, from now on.
template <KeptBuffer Environment::*kBuffer>
void setBuffer(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) {
    Napi::TypeError::New(info.Env(), "The buffer must be a Uint8Array.")
        .ThrowAsJavaScriptException();
    return;
  }
  auto bytes = info[0].As<Napi::Uint8Array>();
  KeptBuffer& buffer = Environment::of(info.Env()).*kBuffer;
  buffer.reference = Napi::Persistent(bytes);
  buffer.bytes = reinterpret_cast<char*>(bytes.Data());
  buffer.capacity = bytes.ByteLength();
}

/// With the environment, after the finalizers of its objects. In a forked child it stays: it may
/// hold the runtime last, which would wait for its threads.
void endEnvironment(Napi::Env /*env*/, Environment* environment) {
  if (!inForkedChild()) delete environment;
}

Napi::Object fill(Napi::Env env, Napi::Object exports) {
  if (refusesForked(env)) return exports;
  auto* const environment = new Environment();
  env.SetInstanceData<Environment, endEnvironment>(environment);
  exports.Set("Store", StoreObject::init(env));
  exports.Set("FileLock", FileLockObject::init(env));
  addStoreCalls(env, exports, *environment);
  addChecksumCalls(env, exports);
  addFileCalls(env, exports, *environment);
  addGovernorCalls(env, exports);
  addFlightCalls(env, exports);
  exports.Set("setReadBuffer", Napi::Function::New<setBuffer<&Environment::readBuffer>>(env));
  exports.Set("setWriteBuffer", Napi::Function::New<setBuffer<&Environment::writeBuffer>>(env));
  exports.Set("setStateBuffer", Napi::Function::New<setBuffer<&Environment::stateBuffer>>(env));
  exports.Set("createSampler",
              Napi::Function::New<guardedFunction<createSampler>>(env, "createSampler"));
  exports.Set("nativeApi", Napi::Function::New(env, nativeApi, "nativeApi"));
  const auto limits = Napi::Object::New(env);
  limits.Set("minBytes", Napi::Number::New(env, static_cast<double>(kMinBudgetBytes)));
  limits.Set("maxBytes", Napi::Number::New(env, static_cast<double>(kMaxBudgetBytes)));
  limits.Set("maxKeyBytes", Napi::Number::New(env, static_cast<double>(kMaxKeyBytes)));
  exports.Set("limits", limits);
  return exports;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  return guarded(env, [&] { return fill(env, exports); });
}

NODE_API_MODULE(ebbcache, init)

}  // namespace
}  // namespace ebbcache
