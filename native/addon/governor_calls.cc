#include "addon/governor_calls.h"

#include <string>

#include "addon/environment.h"
#include "addon/options.h"

namespace ebbcache {
namespace {

/// Percent in JavaScript, 0 to 1 here.
bool readShare(const Napi::Object& options, const char* name, double& out) {
  double percent = 100 * out;
  if (!readOption(options, name, percent)) return false;
  out = percent / 100;
  return true;
}

bool readGovernorOptions(const Napi::Object& given, GovernorOptions& out, MemoryRoots& roots) {
  Thresholds& thresholds = out.thresholds;
  const bool read = readOption(given, "procRoot", roots.proc) &&
                    readOption(given, "cgroupRoot", roots.cgroup) &&
                    readOption(given, "intervalMs", out.interval) &&
                    readOption(given, "longestIntervalMs", out.longestInterval) &&
                    readOption(given, "regrowIntervalMs", out.regrowInterval) &&
                    readShare(given, "regrowStepPercent", out.regrowStep) &&
                    readOption(given, "earlyWarnings", out.earlyWarnings) &&
                    readShare(given, "elevatedShare", out.shares.elevated) &&
                    readShare(given, "highShare", out.shares.high) &&
                    readOption(given, "normal", thresholds.normal) &&
                    readOption(given, "elevated", thresholds.elevated) &&
                    readOption(given, "high", thresholds.high) &&
                    readOption(given, "critical", thresholds.critical);
  if (!read) return false;
  out.targets = EvictionTargets::within(thresholds);
  return readOption(given, "elevatedTarget", out.targets.elevated) &&
         readOption(given, "highTarget", out.targets.high) &&
         readOption(given, "criticalTarget", out.targets.critical);
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
  Environment::of(env).runtime->governor().configure(
      options, GovernorEyes::open(roots, options.earlyWarnings));
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
  put("looks", status.looks);
  put("failedReads", status.failedReads);
  put("stalls", status.stalls);
  put("reductions", status.reductions);
  if (!status.lastFailure.empty()) result.Set("lastFailure", status.lastFailure);
  return result;
}

}  // namespace

void addGovernorCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("configureGovernor",
              Napi::Function::New(env, configureGovernor, "configureGovernor"));
  exports.Set("governorStatus", Napi::Function::New(env, governorStatus, "governorStatus"));
}

}  // namespace ebbcache
