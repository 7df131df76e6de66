// The function `createSampler` of the addon: readings of the machine, with their level.
#pragma once

#include <napi.h>

#include <cstddef>

namespace ebbcache {

/// The positions of the numbers in a sample's array. lib/native/sampler.ts has the same ones. The
/// numbers are bytes and percentages; NaN where the system does not report one.
enum Reading : size_t {
  kProcessRss,
  kProcessVirtual,
  /// These three are of the bound that decides.
  kTotal,
  kAvailable,
  kPercent,
  /// 1 where the group decides, 0 where the machine does.
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

/// In JavaScript: createSampler({ procRoot?, cgroupRoot?, normal, elevated, high, critical },
/// readings: Float64Array) => () => void, with thresholds in percent. Throws a TypeError or
/// RangeError for other arguments.
///
/// Each call of the returned function overwrites `readings` (see Reading), or throws an Error with
/// the code ERR_EBBCACHE_SAMPLE where the machine cannot be read; a later call may succeed. It
/// keeps the level's hysteresis between calls, so every monitor has its own function. Samples are
/// mostly taken by an idle process, whose code and data are in no cache any more: filling an array
/// in place touches far less of both than making an object with named properties.
Napi::Value createSampler(const Napi::CallbackInfo& info);

}  // namespace ebbcache
