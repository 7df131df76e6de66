// The Node-API module: classes of stores and of locks on files, and functions on entries, files,
// the governor, memory, flights and checksums. Nothing here outlives its environment.
#include <napi.h>

#include "addon/checksum_calls.h"
#include "addon/codec_calls.h"
#include "addon/disk_calls.h"
#include "addon/environment.h"
#include "addon/file_calls.h"
#include "addon/flight_calls.h"
#include "addon/forked.h"
#include "addon/governor_calls.h"
#include "addon/guarded.h"
#include "addon/native_api.h"
#include "addon/sampler.h"
#include "addon/store_calls.h"
#include "addon/store_object.h"
#include "addon/uint8_array.h"
#include "addon/warning_calls.h"
#include "disk/ring_layout.h"
#include "files/file_state.h"
#include "store/entry.h"
#include "store/layout.h"

namespace ebbcache {
namespace {

/// The size of the buffer for reads; a larger value needs a buffer of its own. Pages to which
/// nothing was ever copied take no memory.
constexpr size_t kReadBufferBytes = size_t{1} << 20;

/// Keeps the bytes in place where they are a Uint8Array, with the bounds that the engine reports,
/// or leaves a TypeError pending.
bool keep(const Napi::Value& value, SharedBuffer& buffer) {
  const Uint8ArrayBytes bytes(value.Env(), value);
  if (!bytes.ok()) {
    Napi::TypeError::New(value.Env(), "The buffer must be a Uint8Array.")
        .ThrowAsJavaScriptException();
    return false;
  }
  buffer.reference = Napi::Persistent(value.As<Napi::Uint8Array>());
  buffer.bytes = bytes.data();
  buffer.capacity = bytes.size();
  return true;
}

/// (bytes?: Uint8Array): sets the buffer of reads; the environment's own one where it is left out.
void setReadBuffer(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  if (!info[0].IsUndefined()) {
    keep(info[0], environment.readBuffer);
  } else if (!environment.defaultReadBuffer.reference.IsEmpty()) {
    keep(environment.defaultReadBuffer.reference.Value(), environment.readBuffer);
  }
}

/// (bytes: Uint8Array): sets the buffer of writes.
void setWriteBuffer(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  if (keep(info[0], environment.writeBuffer)) environment.kept.Value().Set("write", info[0]);
}

/// Adds a buffer for all who use the environment, as a property of the exports. There is none, and
/// no call copies to it, where a thread that is being terminated gets no memory for it.
void addBuffer(Napi::Env env, Napi::Object exports, const char* name, size_t bytes,
               SharedBuffer& buffer) {
  void* data = nullptr;
  napi_value value = nullptr;
  if (napi_create_buffer(env, bytes, &data, &value) != napi_ok) return;
  const Napi::Value made(env, value);
  if (keep(made, buffer)) exports.Set(name, made);
}

void addBuffers(Napi::Env env, Napi::Object exports, Environment& environment) {
  addBuffer(env, exports, "readBuffer", kReadBufferBytes, environment.defaultReadBuffer);
  addBuffer(env, exports, "stateBuffer", FileState::kBytes, environment.stateBuffer);
  addBuffer(env, exports, "knownBuffer", kKnownBytes, environment.knownBuffer);
  if (!environment.defaultReadBuffer.reference.IsEmpty()) {
    keep(environment.defaultReadBuffer.reference.Value(), environment.readBuffer);
  }
  const auto kept = Napi::Object::New(env);
  kept.Set("write", env.Undefined());
  environment.kept = Napi::Persistent(kept);
  exports.Set("kept", kept);
  exports.Set("setReadBuffer", Napi::Function::New<guardedFunction<setReadBuffer>>(env));
  exports.Set("setWriteBuffer", Napi::Function::New<guardedFunction<setWriteBuffer>>(env));
}

/// Runs when the environment ends, after the finalizers of its objects. In a forked child the
/// object stays: it may own the runtime last, whose end would wait for its threads.
void endEnvironment(Napi::Env /*env*/, Environment* environment) {
  if (!inForkedChild()) delete environment;
}

Napi::Object fill(Napi::Env env, Napi::Object exports) {
  if (refusesForked(env)) return exports;
  auto* const environment = new Environment();
  env.SetInstanceData<Environment, endEnvironment>(environment);
  exports.Set("Store", StoreObject::init(env));
  addStoreCalls(env, exports, *environment);
  addCodecCalls(env, exports, *environment);
  addChecksumCalls(env, exports);
  addDiskCalls(env, exports);
  addFileCalls(env, exports, *environment);
  addGovernorCalls(env, exports);
  addFlightCalls(env, exports);
  addWarningCalls(env, exports);
  addBuffers(env, exports, *environment);
  exports.Set("createSampler",
              Napi::Function::New<guardedFunction<createSampler>>(env, "createSampler"));
  exports.Set("nativeApi", Napi::Function::New(env, nativeApi, "nativeApi"));
  const auto limits = Napi::Object::New(env);
  limits.Set("minBytes", Napi::Number::New(env, static_cast<double>(kMinBudgetBytes)));
  limits.Set("maxBytes", Napi::Number::New(env, static_cast<double>(kMaxBudgetBytes)));
  limits.Set("maxKeyBytes", Napi::Number::New(env, static_cast<double>(kMaxKeyBytes)));
  limits.Set("minDiskBytes", Napi::Number::New(env, static_cast<double>(kMinRingBytes)));
  limits.Set("changeBytes", Napi::Number::New(env, double{ChangeCounters::kBytes}));
  limits.Set("maxDiskBytes", Napi::Number::New(env, static_cast<double>(kMaxRingBytes)));
  exports.Set("limits", limits);
  return exports;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  return guarded(env, [&] { return fill(env, exports); });
}

NODE_API_MODULE(ebbcache, init)

}  // namespace
}  // namespace ebbcache
