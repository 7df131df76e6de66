#include "addon/store_calls.h"

#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "addon/call.h"
#include "addon/environment.h"
#include "addon/key.h"
#include "addon/known_read.h"
#include "addon/uint8_array.h"

namespace ebbcache {
namespace {

/// The maximum of keys in one call of getMany or setMany.
constexpr size_t kMaxKeys = 64;
constexpr uint32_t kNoValue = 0xffffffff;

// The names of fields are numbers for the calls that JavaScript decodes, and whole for those that
// hand out the bytes.

template <CodedStore::Names kNames>
napi_value get(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  uint64_t bytes = 0;
  bool fromDisk = false;
  const ReadResult result =
      store->get(key.view(), call.environment().reading(kNames), bytes, &fromDisk);
  return call.giveFound(result, bytes, fromDisk);
}

/// Does what get() does, but decodes nothing where the value is the one in the buffer for it.
napi_value getUnlessKnown(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  Environment& environment = call.environment();
  if (!KnownRead::hasBuffer(environment)) return call.give(kBadArguments);
  KnownRead known(environment, *store, key.view(), call.changes());
  uint64_t bytes = 0;
  bool fromDisk = false;
  const ReadResult result = store->get(key.view(), known.reading(), bytes, &fromDisk);
  return known.give(call, result, bytes, fromDisk);
}

template <CodedStore::Names kNames>
napi_value peek(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  uint64_t bytes = 0;
  const ReadResult result = store->peek(key.view(), call.environment().reading(kNames), bytes);
  return call.giveFound(result, bytes, false);
}

template <bool (TieredStore::*kOperation)(std::string_view key)>
napi_value ask(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give((store->tiered().*kOperation)(key.view()) ? 1 : 0);
}

napi_value remainingTtl(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  const std::optional<uint64_t> remaining = store->tiered().remainingTtl(key.view());
  if (!remaining) return call.give(kMiss);
  const bool isForever = *remaining == kNeverExpires;
  napi_value value = nullptr;
  napi_create_double(
      env, isForever ? std::numeric_limits<double>::infinity() : static_cast<double>(*remaining),
      &value);
  return value;
}

napi_value set(napi_env env, napi_callback_info info) {
  const Call<5> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  const uint64_t bytes = call.countAt(2);
  const SharedBuffer& buffer = call.environment().writeBuffer;
  if (bytes > buffer.capacity) return call.give(kBadArguments);
  PutOptions options;
  options.ttlMs = call.countAt(3);
  options.cost = static_cast<double>(call.countAt(4));
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give(static_cast<int>(store->put(key.view(), {buffer.bytes, bytes}, options,
                                               call.form(), call.environment().codecBuffers)));
}

/// Stores the bytes of a Uint8Array.
napi_value setBytes(napi_env env, napi_callback_info info) {
  const Call<5> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  PutOptions options;
  options.ttlMs = call.countAt(3);
  options.cost = static_cast<double>(call.countAt(4));
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  const Uint8ArrayBytes value(env, call[2]);
  if (!value.ok()) return call.give(kBadArguments);
  return call.give(static_cast<int>(
      store->put(key.view(), value.view(), options, call.form(), call.environment().codecBuffers)));
}

/// The result of a put of more bytes than largestValue.
napi_value refuse(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give(static_cast<int>(store->tiered().refuse()));
}

/// Notes that JavaScript could not decode what a read returned.
napi_value noteUndecodable(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  store->codec().noteUndecodable();
  return call.give(0);
}

napi_value largestValue(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return call.give(static_cast<int64_t>(store->tiered().largestValue()));
}

napi_value getMany(napi_env env, napi_callback_info info) {
  constexpr size_t kFirst = 1;
  const Call<kFirst + kMaxKeys> call(env, info);
  const SharedBuffer& buffer = call.environment().readBuffer;
  uint64_t at = 0;
  int64_t done = 0;
  for (size_t i = kFirst; i < call.count(); ++i, ++done) {
    const Key key(env, call[i]);
    if (!key.ok()) return call.give(kBadKey);
    CodedStore* const store = call.store();
    if (store == nullptr) return call.give(kClosed);
    if (buffer.capacity - at < sizeof kNoValue) break;
    char* const header = buffer.bytes + at;
    uint64_t bytes = 0;
    const CodedStore::Reading reading{
        header + sizeof kNoValue, buffer.capacity - at - sizeof kNoValue,
        CodedStore::Names::kNumbered, call.environment().codecBuffers};
    const ReadResult result = store->get(key.view(), reading, bytes);
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
  const Call<kFirst + kMaxKeys> call(env, info);
  const SharedBuffer& buffer = call.environment().writeBuffer;
  uint64_t at = call.countAt(1);
  PutOptions options;
  options.ttlMs = call.countAt(2);
  options.cost = static_cast<double>(call.countAt(3));
  for (size_t i = kFirst; i < call.count(); ++i) {
    const Key key(env, call[i]);
    if (!key.ok()) return call.give(kBadKey);
    CodedStore* const store = call.store();
    if (store == nullptr) return call.give(kClosed);
    // The value's length, and room for the result.
    uint32_t header[2];
    if (at > buffer.capacity || buffer.capacity - at < sizeof header) {
      return call.give(kBadArguments);
    }
    std::memcpy(header, buffer.bytes + at, sizeof header);
    const uint64_t begin = at + sizeof header;
    const bool refused = header[0] == kNoValue;
    const uint64_t bytes = refused ? 0 : header[0];
    if (bytes > buffer.capacity - begin) return call.give(kBadArguments);
    const std::string_view value(buffer.bytes + begin, bytes);
    header[1] = static_cast<uint32_t>(refused ? store->tiered().refuse()
                                              : store->put(key.view(), value, options, call.form(),
                                                           call.environment().codecBuffers));
    std::memcpy(buffer.bytes + at, header, sizeof header);
    at = begin + bytes;
  }
  return call.give(static_cast<int64_t>(at));
}

}  // namespace

void addStoreCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  addCall<get<CodedStore::Names::kNumbered>>(env, exports, environment, "get");
  addCall<getUnlessKnown>(env, exports, environment, "getUnlessKnown");
  addCall<peek<CodedStore::Names::kNumbered>>(env, exports, environment, "peek");
  addCall<get<CodedStore::Names::kWhole>>(env, exports, environment, "getBytes");
  addCall<peek<CodedStore::Names::kWhole>>(env, exports, environment, "peekBytes");
  addCall<ask<&TieredStore::has>>(env, exports, environment, "has");
  addCall<ask<&TieredStore::remove>>(env, exports, environment, "delete");
  addCall<remainingTtl>(env, exports, environment, "remainingTtl");
  addCall<set>(env, exports, environment, "set");
  addCall<setBytes>(env, exports, environment, "setBytes");
  addCall<refuse>(env, exports, environment, "refuse");
  addCall<noteUndecodable>(env, exports, environment, "noteUndecodable");
  addCall<largestValue>(env, exports, environment, "largestValue");
  addCall<getMany>(env, exports, environment, "getMany");
  addCall<setMany>(env, exports, environment, "setMany");
}

}  // namespace ebbcache
