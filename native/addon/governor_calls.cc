#include "addon/governor_calls.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "addon/environment.h"
#include "addon/forked.h"
#include "addon/guarded.h"
#include "addon/options.h"

namespace ebbcache {
namespace {

/// Reads a percentage as a share of 0 to 1.
bool readShare(const Napi::Object& options, const char* name, double& out) {
  double percent = 100 * out;
  if (!readOption(options, name, percent)) return false;
  out = percent / 100;
  return true;
}

bool readIntervals(const Napi::Object& given, GovernorOptions& out) {
  constexpr int kLongestPerInterval = 10;
  constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);
  if (!readOption(given, "intervalMs", out.interval)) return false;
  out.longestInterval = std::max(out.interval, std::min(kLongestPerInterval * out.interval, kDay));
  return readOption(given, "longestIntervalMs", out.longestInterval) &&
         readOption(given, "regrowIntervalMs", out.regrowInterval);
}

bool readSteps(const Napi::Object& given, GovernorOptions& out) {
  if (!readShare(given, "elevatedShare", out.shares.elevated)) return false;
  out.shares.high = std::min(out.shares.high, out.shares.elevated);
  out.targets = EvictionTargets::within(out.thresholds);
  return readShare(given, "highShare", out.shares.high) &&
         readShare(given, "regrowStepPercent", out.regrowStep) &&
         readOption(given, "elevatedTarget", out.targets.elevated) &&
         readOption(given, "highTarget", out.targets.high) &&
         readOption(given, "criticalTarget", out.targets.critical);
}

bool readGovernorOptions(const Napi::Object& given, GovernorOptions& out, MemoryRoots& roots) {
  return readOption(given, "procRoot", roots.proc) &&
         readOption(given, "cgroupRoot", roots.cgroup) &&
         readOption(given, "earlyWarnings", out.earlyWarnings) && readIntervals(given, out) &&
         readThresholds(given, out.thresholds) && readSteps(given, out);
}

void configureGovernor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    Napi::TypeError::New(env, "The governor's options must be an object.")
        .ThrowAsJavaScriptException();
    return;
  }
  GovernorOptions options;
  MemoryRoots roots;
  if (!readGovernorOptions(info[0].As<Napi::Object>(), options, roots)) return;
  const std::string why = options.whyInvalid();
  if (!why.empty()) {
    Napi::RangeError::New(env, why).ThrowAsJavaScriptException();
    return;
  }
  Environment::of(env).runtime->governor().configure(options, GovernorInputs::open(options, roots));
}

Napi::Value governorStatus(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const GovernorStatus status = Environment::of(env).runtime->governor().status();
  const auto result = Napi::Object::New(env);
  const auto put = [&](const char* name, uint64_t value) {
    result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  result.Set("running", status.running);
  put("level", static_cast<uint64_t>(status.assessment.level));
  put("looks", status.samples);
  put("failedReads", status.failedReads);
  put("stalls", status.stalls);
  put("reductions", status.reductions);
  if (!status.lastFailure.empty()) result.Set("lastFailure", status.lastFailure);
  return result;
}

}  // namespace

void addGovernorCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("configureGovernor",
              Napi::Function::New<guardedFunction<unlessForked<configureGovernor>>>(
                  env, "configureGovernor"));
  exports.Set("governorStatus", Napi::Function::New<guardedFunction<unlessForked<governorStatus>>>(
                                    env, "governorStatus"));
}

}  // namespace ebbcache
