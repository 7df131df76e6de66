#include "addon/flight_calls.h"

#include <string>
#include <string_view>

#include "addon/environment.h"
#include "addon/forked.h"
#include "addon/guarded.h"

namespace ebbcache {
namespace {

/// The bytes of UTF-16, with lone surrogates, which UTF-8 would not tell apart.
class Text {
 public:
  explicit Text(const Napi::Value& value) {
    if (value.IsString()) units_ = value.As<Napi::String>().Utf16Value();
  }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(units_.data()), units_.size() * sizeof(char16_t)};
  }

 private:
  std::u16string units_;
};

FlightWaiterId waiterIdIn(const Napi::Value& value) {
  if (!value.IsNumber()) return 0;
  const int64_t number = value.As<Napi::Number>().Int64Value();
  return number > 0 ? static_cast<FlightWaiterId>(number) : 0;
}

EnvironmentFlights* flightsOf(const Napi::CallbackInfo& info) {
  return Environment::of(info.Env()).flights.get();
}

/// (scope, key, version, told) -> { waiterId, leads }.
Napi::Value joinFlight(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsString() || !info[2].IsString() || !info[3].IsFunction()) {
    Napi::TypeError::New(env, "A flight needs a scope, a key, a version and a function.")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Environment& environment = Environment::of(env);
  if (environment.flights == nullptr) {
    environment.flights = std::make_unique<EnvironmentFlights>(env, environment.runtime->flights());
    if (env.IsExceptionPending()) {
      environment.flights.reset();
      return env.Undefined();
    }
  }
  const Text scope(info[0]);
  const Text key(info[1]);
  const Text version(info[2]);
  const FlightWaiter waiter = environment.flights->join(scope.bytes(), key.bytes(), version.bytes(),
                                                        info[3].As<Napi::Function>());
  const auto result = Napi::Object::New(env);
  result.Set("id", Napi::Number::New(env, static_cast<double>(waiter.id)));
  result.Set("leads", waiter.leads);
  return result;
}

/// (waiterId) -> whether others may still join its flight.
Napi::Value isFlightCurrent(const Napi::CallbackInfo& info) {
  const EnvironmentFlights* const flights = flightsOf(info);
  return Napi::Boolean::New(info.Env(),
                            flights != nullptr && flights->isCurrent(waiterIdIn(info[0])));
}

/// (waiterId) -> false, with nothing changed, for a leader while others wait.
Napi::Value leaveFlight(const Napi::CallbackInfo& info) {
  EnvironmentFlights* const flights = flightsOf(info);
  return Napi::Boolean::New(info.Env(), flights == nullptr || flights->leave(waiterIdIn(info[0])));
}

/// (waiterId): removes it; the next waiter leads, if there is one.
void handOnFlight(const Napi::CallbackInfo& info) {
  EnvironmentFlights* const flights = flightsOf(info);
  if (flights != nullptr) flights->handOn(waiterIdIn(info[0]));
}

/// (waiterId, result: Uint8Array). Throws, with nothing changed, where there is no memory for a
/// copy.
void completeFlight(const Napi::CallbackInfo& info) {
  if (!info[1].IsTypedArray() ||
      info[1].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    Napi::TypeError::New(info.Env(), "The result of a flight must be a Uint8Array.")
        .ThrowAsJavaScriptException();
    return;
  }
  EnvironmentFlights* const flights = flightsOf(info);
  if (flights == nullptr) return;
  const auto bytes = info[1].As<Napi::Uint8Array>();
  flights->complete(waiterIdIn(info[0]),
                    std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()));
}

/// (scope, key).
void forgetFlight(const Napi::CallbackInfo& info) {
  const Text scope(info[0]);
  const Text key(info[1]);
  Environment::of(info.Env()).runtime->flights().forget(scope.bytes(), key.bytes());
}

/// (scope).
void forgetFlights(const Napi::CallbackInfo& info) {
  const Text scope(info[0]);
  Environment::of(info.Env()).runtime->flights().forgetAll(scope.bytes());
}

}  // namespace

void addFlightCalls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, const Napi::Function& function) {
    exports.Set(name, function);
  };
  add("joinFlight",
      Napi::Function::New<guardedFunction<unlessForked<joinFlight>>>(env, "joinFlight"));
  add("isFlightCurrent",
      Napi::Function::New<guardedFunction<unlessForked<isFlightCurrent>>>(env, "isFlightCurrent"));
  add("leaveFlight",
      Napi::Function::New<guardedFunction<unlessForked<leaveFlight>>>(env, "leaveFlight"));
  add("handOnFlight",
      Napi::Function::New<guardedFunction<unlessForked<handOnFlight>>>(env, "handOnFlight"));
  add("completeFlight",
      Napi::Function::New<guardedFunction<unlessForked<completeFlight>>>(env, "completeFlight"));
  add("forgetFlight",
      Napi::Function::New<guardedFunction<unlessForked<forgetFlight>>>(env, "forgetFlight"));
  add("forgetFlights",
      Napi::Function::New<guardedFunction<unlessForked<forgetFlights>>>(env, "forgetFlights"));
}

}  // namespace ebbcache
