// The class `Sampler` of the addon: one reading of the machine, with what it means, per call.
#pragma once

#include <napi.h>

#include <memory>

#include "pressure/memory_sampler.h"

namespace ebbcache {

/// JavaScript: new Sampler({ procRoot?, cgroupRoot?, normal, elevated, high, critical }),
/// thresholds in percent; TypeError or RangeError for others. Keeps the level's hysteresis between
/// samples, so every monitor has its own.
class Sampler : public Napi::ObjectWrap<Sampler> {
 public:
  /// The constructor function, made anew for each environment: nothing is kept outside it.
  static Napi::Function init(Napi::Env env);

  /// With JavaScript exceptions only: returns with one pending when the options are refused.
  explicit Sampler(const Napi::CallbackInfo& info);

 private:
  /// { processRss, processVirtual, total, available, percent, limitedBy: 'system' | 'cgroup',
  ///   psiSome?, psiFull?, groupPsiSome?, groupPsiFull?, swapTotal?, swapUsed?, level: 1..4,
  ///   evictionTarget }, bytes and percent. Throws an Error with
  /// the code ERR_EBBCACHE_SAMPLE when the machine cannot be read; a later call may succeed.
  Napi::Value sample(const Napi::CallbackInfo& info);

  /// Absent where the constructor threw.
  std::unique_ptr<MemorySampler> sampler_;
};

}  // namespace ebbcache
