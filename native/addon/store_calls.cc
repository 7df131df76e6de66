#include "addon/store_calls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "addon/environment.h"
#include "addon/key.h"

namespace ebbcache {
namespace {

// What a call returns in place of its result.
constexpr int kMiss = -1;
constexpr int kBadKey = -2;
constexpr int kClosed = -3;
constexpr int kBadArguments = -4;

constexpr double kLargestExact = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

/// Keys of one call of getMany or setMany at most.
constexpr size_t kMostKeys = 64;
constexpr uint32_t kNoValue = 0xffffffff;

/// The arguments of a call: those that are missing are undefined, those beyond are left out.
template <size_t kMost>
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count_, values_.data(), nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  napi_env env() const { return env_; }
  Environment& environment() const { return *environment_; }
  size_t count() const { return std::min(count_, kMost); }
  napi_value operator[](size_t i) const { return values_[i]; }

  /// Looked up after all else was read: a read may run a finalizer that closes a store.
  Store* store() const {
    uint32_t id = 0;
    napi_get_value_uint32(env_, values_[0], &id);
    return environment_->stores->find(id);
  }

  /// A count of bytes or ms; 0 for what is no such number.
  uint64_t countAt(size_t i) const {
    double number = 0;
    if (i >= count() || napi_get_value_double(env_, values_[i], &number) != napi_ok) return 0;
    return number >= 0 && number <= kLargestExact ? static_cast<uint64_t>(number) : 0;
  }

  napi_value give(int64_t result) const {
    napi_value value = nullptr;
    napi_create_int64(env_, result, &value);
    return value;
  }

 private:
  napi_env env_;
  size_t count_ = kMost;
  std::array<napi_value, kMost> values_;
  Environment* environment_ = nullptr;
};

using Reader = ReadResult (Store::*)(std::string_view key, char* out, uint64_t capacity,
                                     uint64_t& bytes);

template <Reader kReader>
napi_value read(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  Store* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  const KeptBuffer& buffer = call.environment().readBuffer;
  uint64_t bytes = 0;
  const ReadResult result = (store->*kReader)(key.view(), buffer.bytes, buffer.capacity, bytes);
  return call.give(result == ReadResult::kMiss ? kMiss : static_cast<int64_t>(bytes));
}

template <bool (Store::*kOperation)(std::string_view key)>
napi_value ask(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  Store* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give((store->*kOperation)(key.view()) ? 1 : 0);
}

napi_value set(napi_env env, napi_callback_info info) {
  const Call<5> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  const uint64_t bytes = call.countAt(2);
  const KeptBuffer& buffer = call.environment().writeBuffer;
  if (bytes > buffer.capacity) return call.give(kBadArguments);
  PutOptions options;
  options.ttlMs = call.countAt(3);
  options.cost = static_cast<double>(call.countAt(4));
  Store* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give(static_cast<int>(store->put(key.view(), {buffer.bytes, bytes}, options)));
}

napi_value getMany(napi_env env, napi_callback_info info) {
  constexpr size_t kFirst = 1;
  const Call<kFirst + kMostKeys> call(env, info);
  const KeptBuffer& buffer = call.environment().readBuffer;
  uint64_t at = 0;
  int64_t done = 0;
  for (size_t i = kFirst; i < call.count(); ++i, ++done) {
    const Key key(env, call[i]);
    if (!key.ok()) return call.give(kBadKey);
    Store* const store = call.store();
    if (store == nullptr) return call.give(kClosed);
    if (buffer.capacity - at < sizeof kNoValue) break;
    char* const header = buffer.bytes + at;
    uint64_t bytes = 0;
    const ReadResult result = store->get(key.view(), header + sizeof kNoValue,
                                         buffer.capacity - at - sizeof kNoValue, bytes);
    if (result == ReadResult::kBufferTooSmall) break;
    const bool hit = result == ReadResult::kHit;
    const uint32_t length = hit ? static_cast<uint32_t>(bytes) : kNoValue;
    std::memcpy(header, &length, sizeof length);
    at += sizeof length + (hit ? bytes : 0);
  }
  return call.give(done);
}

napi_value setMany(napi_env env, napi_callback_info info) {
  constexpr size_t kFirst = 4;
  const Call<kFirst + kMostKeys> call(env, info);
  const KeptBuffer& buffer = call.environment().writeBuffer;
  uint64_t at = call.countAt(1);
  PutOptions options;
  options.ttlMs = call.countAt(2);
  options.cost = static_cast<double>(call.countAt(3));
  for (size_t i = kFirst; i < call.count(); ++i) {
    const Key key(env, call[i]);
    if (!key.ok()) return call.give(kBadKey);
    Store* const store = call.store();
    if (store == nullptr) return call.give(kClosed);
    // The value's length and room for what came of it.
    uint32_t header[2];
    if (at > buffer.capacity || buffer.capacity - at < sizeof header) {
      return call.give(kBadArguments);
    }
    std::memcpy(header, buffer.bytes + at, sizeof header);
    const uint64_t begin = at + sizeof header;
    if (header[0] > buffer.capacity - begin) return call.give(kBadArguments);
    const std::string_view value(buffer.bytes + begin, header[0]);
    header[1] = static_cast<uint32_t>(store->put(key.view(), value, options));
    std::memcpy(buffer.bytes + at, header, sizeof header);
    at = begin + value.size();
  }
  return call.give(static_cast<int64_t>(at));
}

}  // namespace

void addStoreCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  const auto add = [&](const char* name, napi_callback callback) {
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, &environment, &function) ==
        napi_ok) {
      exports.Set(name, function);
    }
  };
  add("get", read<&Store::get>);
  add("peek", read<&Store::peek>);
  add("has", ask<&Store::has>);
  add("delete", ask<&Store::remove>);
  add("set", set);
  add("getMany", getMany);
  add("setMany", setMany);
}

}  // namespace ebbcache
