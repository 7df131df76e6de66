#include "addon/sampler.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "addon/forked.h"
#include "addon/guarded.h"
#include "addon/options.h"
#include "pressure/memory_sampler.h"

namespace ebbcache {
namespace {

bool readSamplerOptions(const Napi::Object& given, MemoryRoots& roots, Thresholds& thresholds) {
  return readOption(given, "procRoot", roots.proc) &&
         readOption(given, "cgroupRoot", roots.cgroup) && readThresholds(given, thresholds);
}

/// The number in a field of `part`, or NaN where there is no `part`.
template <typename Part, typename Field>
double numberOf(const std::optional<Part>& part, Field Part::*field) {
  return part ? static_cast<double>((*part).*field) : std::numeric_limits<double>::quiet_NaN();
}

void fill(const MemorySample& sample, double* readings) {
  const auto& [snapshot, assessment] = sample;
  readings[kProcessRss] = static_cast<double>(snapshot.processRss);
  readings[kProcessVirtual] = static_cast<double>(snapshot.processVirtual);
  readings[kTotal] = static_cast<double>(assessment.bound.limit);
  readings[kAvailable] = static_cast<double>(assessment.bound.available());
  readings[kPercent] = assessment.bound.percentUsed();
  readings[kGroupBound] = assessment.boundBy == BoundKind::kGroup ? 1 : 0;
  readings[kPsiSome] = numberOf(snapshot.psi, &PsiAverages::someAvg10);
  readings[kPsiFull] = numberOf(snapshot.psi, &PsiAverages::fullAvg10);
  readings[kGroupPsiSome] = numberOf(snapshot.groupPsi, &PsiAverages::someAvg10);
  readings[kGroupPsiFull] = numberOf(snapshot.groupPsi, &PsiAverages::fullAvg10);
  readings[kSwapTotal] = numberOf(snapshot.swap, &SwapUsage::limit);
  readings[kSwapUsed] = numberOf(snapshot.swap, &SwapUsage::used);
  readings[kLevel] = static_cast<double>(assessment.level);
  readings[kEvictionTarget] = static_cast<double>(assessment.evictionTarget);
}

/// The state of a sampling function, from its creation to its collection.
class Sampler {
 public:
  Sampler(Thresholds thresholds, const MemoryRoots& roots, Napi::Float64Array readings)
      : sampler_(std::make_unique<MemorySampler>(thresholds, roots)),
        readings_(Napi::Persistent(readings)) {}

  void operator()(const Napi::CallbackInfo& info) {
    if (refusesForked(info.Env())) return;
    guarded(info.Env(), [&] { sample(info); });
  }

 private:
  void sample(const Napi::CallbackInfo& info) {
    MemorySample sample;
    std::string why;
    if (sampler_->sample(sample, why)) {
      write(info.Env(), sample);
      return;
    }
    const Napi::Error error = Napi::Error::New(info.Env(), why);
    error.Value().Set("code", "ERR_EBBCACHE_SAMPLE");
    error.ThrowAsJavaScriptException();
  }

  /// The engine is asked each time: a buffer that was transferred to another thread has no bytes
  /// any more.
  void write(Napi::Env env, const MemorySample& sample) const {
    Napi::Float64Array readings = readings_.Value();
    if (readings.ElementLength() == kReadingCount) {
      fill(sample, readings.Data());
      return;
    }
    Napi::TypeError::New(env, "The array for the readings must keep its length.")
        .ThrowAsJavaScriptException();
  }

  std::unique_ptr<MemorySampler> sampler_;
  Napi::Reference<Napi::Float64Array> readings_;
};

}  // namespace

Napi::Value createSampler(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto refuse = [&](const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
    return env.Undefined();
  };
  if (!info[0].IsObject()) {
    return refuse(Napi::TypeError::New(env, "A sampler needs an object of options."));
  }
  if (!info[1].IsTypedArray() ||
      info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array ||
      info[1].As<Napi::TypedArray>().ElementLength() != kReadingCount) {
    return refuse(Napi::TypeError::New(
        env, "A sampler needs a Float64Array of " + std::to_string(kReadingCount) + " numbers."));
  }
  MemoryRoots roots;
  Thresholds thresholds;
  if (!readSamplerOptions(info[0].As<Napi::Object>(), roots, thresholds)) return env.Undefined();
  const std::string why = thresholds.whyInvalid();
  if (!why.empty()) return refuse(Napi::RangeError::New(env, why));
  return Napi::Function::New(env, Sampler(thresholds, roots, info[1].As<Napi::Float64Array>()),
                             "sample");
}

}  // namespace ebbcache
