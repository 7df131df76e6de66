#include "addon/sampler.h"

#include <string>
#include <utility>

#include "addon/options.h"

namespace ebbcache {
namespace {

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
  const bool read = readOption(options, "procRoot", roots.proc) &&
                    readOption(options, "cgroupRoot", roots.cgroup) &&
                    readThresholds(options, thresholds);
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
  if (snapshot.groupPsi) {
    result.Set("groupPsiSome", snapshot.groupPsi->someAvg10);
    result.Set("groupPsiFull", snapshot.groupPsi->fullAvg10);
  }
  if (snapshot.swap) {
    result.Set("swapTotal", numberOf(env, snapshot.swap->limit));
    result.Set("swapUsed", numberOf(env, snapshot.swap->used));
  }
  result.Set("level", static_cast<double>(assessment.level));
  result.Set("evictionTarget", numberOf(env, assessment.evictionTarget));
  return result;
}

}  // namespace ebbcache
