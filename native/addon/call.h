// A call of a plain function of the addon, such as those of store_calls.h: its arguments, the store
// whose number is the first argument, and its result.
#pragma once

#include <napi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "addon/environment.h"
#include "addon/forked.h"
#include "addon/guarded.h"

namespace ebbcache {

// The negative results of a call; lib/native/addon.ts has the same numbers.
constexpr int kMiss = -1;
constexpr int kBadKey = -2;
constexpr int kClosed = -3;
constexpr int kBadArguments = -4;
constexpr int kNoState = -5;
/// The value is the one that the caller knows.
constexpr int kUnchanged = -6;
constexpr int kUnchangedOnDisk = -7;
/// A lookup that found the value on disk, and not in memory, returns this less the value's bytes.
constexpr int kFromDisk = -16;

/// The arguments of a call: missing ones are undefined, and surplus ones are left out.
template <size_t kMaxArguments>
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count_, values_.data(), nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  napi_env env() const { return env_; }
  Environment& environment() const { return *environment_; }
  size_t count() const { return std::min(count_, kMaxArguments); }
  napi_value operator[](size_t i) const { return values_[i]; }

  /// MUST be called after all other arguments were read: a read may run a finalizer that closes a
  /// store. Null, with an exception pending, in a forked child.
  CodedStore* store() const {
    if (refusesForked(env_)) return nullptr;
    return openStore().store;
  }
  /// The form in which the store's values are put, under the same conditions.
  CodedStore::Form form() const { return openStore().form; }
  /// Null unless changes of the store are counted, under the same conditions.
  const ChangeCounters* changes() const { return openStore().changes; }

  /// A count of bytes or ms; 0 for anything that is no such number.
  uint64_t countAt(size_t i) const {
    constexpr double kLargestExact = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER
    double number = 0;
    if (i >= count() || napi_get_value_double(env_, values_[i], &number) != napi_ok) return 0;
    return number >= 0 && number <= kLargestExact ? static_cast<uint64_t>(number) : 0;
  }

  /// The outcome of a lookup: the value's bytes, and the tier in which it was found.
  napi_value giveFound(ReadResult result, uint64_t bytes, bool fromDisk) const {
    if (result == ReadResult::kMiss) return give(kMiss);
    const auto size = static_cast<int64_t>(bytes);
    return give(fromDisk ? kFromDisk - size : size);
  }

  napi_value give(int64_t result) const {
    napi_value value = nullptr;
    napi_create_int64(env_, result, &value);
    return value;
  }

 private:
  OpenStores::OpenStore openStore() const {
    uint32_t id = 0;
    napi_get_value_uint32(env_, values_[0], &id);
    return environment_->stores->find(id);
  }

  napi_env env_;
  size_t count_ = kMaxArguments;
  std::array<napi_value, kMaxArguments> values_;
  Environment* environment_ = nullptr;
};

/// Adds a guarded function to the addon that finds the environment as a Call does.
template <napi_callback kCallback>
void addCall(Napi::Env env, Napi::Object exports, Environment& environment, const char* name) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, guardedCallback<kCallback>, &environment,
                           &function) == napi_ok) {
    exports.Set(name, function);
  }
}

}  // namespace ebbcache
