// The function `createSampler` of the addon: readings of the machine, with what they mean.
#pragma once

#include <napi.h>

#include <cstddef>

namespace ebbcache {

/// Where a sample writes what: indices into its array of numbers. The same in
/// lib/native/sampler.ts. Bytes and percent; NaN where the system does not say.
enum Reading : size_t {
  kProcessRss,
  kProcessVirtual,
  /// These three of the bound that decides.
  kTotal,
  kAvailable,
  kPercent,
  /// 1 where that is the group, 0 where it is the machine.
  kGroupBound,
  kPsiSome,
  kPsiFull,
  kGroupPsiSome,
  kGroupPsiFull,
  kSwapTotal,
  kSwapUsed,
  /// 1 to 4.
  kLevel,
  kEvictionTarget,
  kReadingCount
};

/// JavaScript: createSampler({ procRoot?, cgroupRoot?, normal, elevated, high, critical },
/// readings: Float64Array) => () => void, thresholds in percent; TypeError or RangeError for
/// others.
///
/// Each call of the function that it returns overwrites `readings` (see Reading), or throws an
/// Error with the code ERR_EBBCACHE_SAMPLE when the machine cannot be read; a later call may
/// succeed. It keeps the level's hysteresis between calls, so every monitor has its own. A sample
/// is mostly taken by an idle process, whose code and data are in no cache any more: an array
/// filled in place touches far less of both than an object made of named properties.
Napi::Value createSampler(const Napi::CallbackInfo& info);

}  // namespace ebbcache
