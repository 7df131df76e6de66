#include "addon/options.h"

namespace ebbcache {
namespace {

bool refuse(const Napi::Object& options, const char* name, const char* what) {
  Napi::TypeError::New(options.Env(), std::string("The option ") + name + " must be " + what + ".")
      .ThrowAsJavaScriptException();
  return false;
}

}  // namespace

bool readOption(const Napi::Object& options, const char* name, std::string& out) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty()) return false;
  if (value.IsUndefined()) return true;
  if (!value.IsString()) return refuse(options, name, "a string");
  out = value.As<Napi::String>().Utf8Value();
  return true;
}

bool readOption(const Napi::Object& options, const char* name, double& out) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty()) return false;
  if (value.IsUndefined()) return true;
  if (!value.IsNumber()) return refuse(options, name, "a number");
  out = value.As<Napi::Number>().DoubleValue();
  return true;
}

bool readOption(const Napi::Object& options, const char* name, bool& out) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty()) return false;
  if (value.IsUndefined()) return true;
  if (!value.IsBoolean()) return refuse(options, name, "true or false");
  out = value.As<Napi::Boolean>().Value();
  return true;
}

bool readOption(const Napi::Object& options, const char* name, std::chrono::milliseconds& out) {
  constexpr double kMaxMs = 1e15;
  auto ms = static_cast<double>(out.count());
  if (!readOption(options, name, ms)) return false;
  out = std::chrono::milliseconds(ms >= 0 && ms <= kMaxMs ? static_cast<int64_t>(ms) : -1);
  return true;
}

bool readThresholds(const Napi::Object& options, Thresholds& out) {
  return readOption(options, "normal", out.normal) &&
         readOption(options, "elevated", out.elevated) && readOption(options, "high", out.high) &&
         readOption(options, "critical", out.critical);
}

}  // namespace ebbcache
