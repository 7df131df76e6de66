#include "addon/disk_calls.h"

#include <optional>
#include <string>

#include "addon/guarded.h"
#include "disk/ring_folder.h"
#include "disk/ring_integrity.h"
#include "disk/ring_summary.h"

namespace ebbcache {
namespace {

/// (dir) -> { kind, entries, bytes, maxBytes, counters }, or undefined.
Napi::Value diskSummary(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) return env.Undefined();
  const std::string dir = info[0].As<Napi::String>().Utf8Value();
  const std::optional<RingSummary> summary = summarizeRing(dir);
  if (!summary) return env.Undefined();
  const auto numberOf = [env](uint64_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
  };
  const auto counters = Napi::Array::New(env, kRingCounters);
  for (uint32_t i = 0; i < kRingCounters; ++i) counters.Set(i, numberOf(summary->counters[i]));
  const auto result = Napi::Object::New(env);
  result.Set("kind", summary->kind == RingKind::kRecords ? "records" : "values");
  result.Set("entries", numberOf(summary->entries));
  result.Set("bytes", numberOf(summary->bytes));
  result.Set("maxBytes", numberOf(summary->maxBytes));
  result.Set("counters", counters);
  return result;
}

/// (dir) -> the first fault of its ring as a sentence, empty where there is none. The number of
/// entries may be that of a process that was killed.
Napi::Value diskIntegrity(const Napi::CallbackInfo& info) {
  const std::string dir = info[0].ToString().Utf8Value();
  RingTolerance tolerance;
  tolerance.staleCount = true;
  return Napi::String::New(info.Env(), checkRingOf(*openRingFolder(dir), tolerance));
}

}  // namespace

void addDiskCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("diskSummary", Napi::Function::New<guardedFunction<diskSummary>>(env, "diskSummary"));
  exports.Set("diskIntegrity",
              Napi::Function::New<guardedFunction<diskIntegrity>>(env, "diskIntegrity"));
}

}  // namespace ebbcache
