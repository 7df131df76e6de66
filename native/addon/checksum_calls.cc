#include "addon/checksum_calls.h"

#include <array>
#include <cstring>
#include <string_view>

#include "addon/uint8_array.h"
#include "hash/checksum.h"

namespace ebbcache {
namespace {

/// The arguments (bytes: Uint8Array, start, end, at).
struct Arguments {
  Arguments(napi_env env, napi_callback_info info) {
    std::array<napi_value, 4> values;
    size_t count = values.size();
    if (napi_get_cb_info(env, info, &count, values.data(), nullptr, nullptr) != napi_ok) return;
    const Uint8ArrayBytes array(env, values[0]);
    const size_t length = array.size();
    ok = array.ok() && readOffset(env, values[1], length, start) &&
         readOffset(env, values[2], length, end) && readOffset(env, values[3], length, at) &&
         start <= end && length - at >= sizeof(uint64_t) &&
         // A checksum must not cover its own bytes.
         (at >= end || at + sizeof(uint64_t) <= start);
    bytes = array.data();
  }

  std::string_view summed() const { return {bytes + start, end - start}; }

  bool ok = false;
  char* bytes = nullptr;
  size_t start = 0;
  size_t end = 0;
  size_t at = 0;

 private:
  /// Whether it is a whole number of up to `max`.
  static bool readOffset(napi_env env, napi_value value, size_t max, size_t& offset) {
    double number = -1;
    if (napi_get_value_double(env, value, &number) != napi_ok) return false;
    if (!(number >= 0 && number <= static_cast<double>(max))) return false;
    offset = static_cast<size_t>(number);
    return static_cast<double>(offset) == number;
  }
};

napi_value give(napi_env env, bool result) {
  napi_value value = nullptr;
  napi_get_boolean(env, result, &value);
  return value;
}

napi_value writeChecksum(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  if (!given.ok) return give(env, false);
  const uint64_t sum = checksum(given.summed());
  std::memcpy(given.bytes + given.at, &sum, sizeof sum);
  return give(env, true);
}

napi_value hasChecksum(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  if (!given.ok) return give(env, false);
  const uint64_t sum = checksum(given.summed());
  return give(env, std::memcmp(given.bytes + given.at, &sum, sizeof sum) == 0);
}

}  // namespace

void addChecksumCalls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, napi_callback callback) {
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) ==
        napi_ok) {
      exports.Set(name, function);
    }
  };
  add("writeChecksum", writeChecksum);
  add("hasChecksum", hasChecksum);
}

}  // namespace ebbcache
