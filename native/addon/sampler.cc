#include "addon/sampler.h"

#include <string>
#include <utility>

namespace ebbcache {
namespace {

/// False with a JavaScript exception pending. A field that is undefined leaves `out` as it is.
bool readPath(const Napi::Object& options, const char* name, std::string& out) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty()) return false;
  if (value.IsUndefined()) return true;
  if (!value.IsString()) {
    Napi::TypeError::New(options.Env(), std::string("The option ") + name + " must be a string.")
        .ThrowAsJavaScriptException();
    return false;
  }
  out = value.As<Napi::String>().Utf8Value();
  return true;
}

bool readPercent(const Napi::Object& options, const char* name, double& out) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty()) return false;
  if (!value.IsNumber()) {
    Napi::TypeError::New(options.Env(), std::string("The threshold ") + name + " must be a number.")
        .ThrowAsJavaScriptException();
    return false;
  }
  out = value.As<Napi::Number>().DoubleValue();
  return true;
}

Napi::Value throwSampleError(Napi::Env env, const std::string& message) {
  const Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", "ERR_EBBCACHE_SAMPLE");
  error.ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Number numberOf(Napi::Env env, uint64_t bytes) {
  return Napi::Number::New(env, static_cast<double>(bytes));
}

}  // namespace

Napi::Function Sampler::init(Napi::Env env) {
  return DefineClass(env, "Sampler", {InstanceMethod<&Sampler::sample>("sample")});
}

Sampler::Sampler(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Sampler>(info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsObject()) {
    Napi::TypeError::New(env, "Sampler needs an object of options.").ThrowAsJavaScriptException();
    return;
  }
  const auto options = info[0].As<Napi::Object>();
  MemoryRoots roots;
  Thresholds thresholds;
  const bool read = readPath(options, "procRoot", roots.proc) &&
                    readPath(options, "cgroupRoot", roots.cgroup) &&
                    readPercent(options, "normal", thresholds.normal) &&
                    readPercent(options, "elevated", thresholds.elevated) &&
                    readPercent(options, "high", thresholds.high) &&
                    readPercent(options, "critical", thresholds.critical);
  if (!read) return;
  const std::string why = thresholds.whyInvalid();
  if (!why.empty()) {
    Napi::RangeError::New(env, why).ThrowAsJavaScriptException();
    return;
  }
  sampler_ = std::make_unique<MemorySampler>(thresholds, roots);
}

Napi::Value Sampler::sample(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  MemorySample sample;
  std::string error;
  if (!sampler_->sample(sample, error)) return throwSampleError(env, error);
  const auto& [snapshot, assessment] = sample;

  const Napi::Object result = Napi::Object::New(env);
  result.Set("processRss", numberOf(env, snapshot.processRss));
  result.Set("processVirtual", numberOf(env, snapshot.processVirtual));
  result.Set("total", numberOf(env, assessment.bound.limit));
  result.Set("available", numberOf(env, assessment.bound.available()));
  result.Set("percent", assessment.bound.percentUsed());
  result.Set("limitedBy", assessment.boundBy == BoundKind::kGroup ? "cgroup" : "system");
  if (snapshot.psi) {
    result.Set("psiSome", snapshot.psi->someAvg10);
    result.Set("psiFull", snapshot.psi->fullAvg10);
  }
  result.Set("level", static_cast<double>(assessment.level));
  result.Set("evictionTarget", numberOf(env, assessment.evictionTarget));
  return result;
}

}  // namespace ebbcache
