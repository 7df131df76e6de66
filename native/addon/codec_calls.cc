#include "addon/codec_calls.h"

#include <cstring>
#include <memory>
#include <string_view>

#include "addon/call.h"
#include "addon/environment.h"
#include "addon/utf8.h"
#include "codec/stored_value.h"

namespace ebbcache {
namespace {

/// The maximum size of all paths of a projection together.
constexpr size_t kMaxPathsBytes = size_t{64} << 10;

/// The bytes of a Uint8Array from one place to before another; null where they are not in it.
struct Range {
  Range(napi_env env, napi_value array, uint64_t from, uint64_t to) {
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array || from > to || to > length) {
      return;
    }
    bytes = static_cast<char*>(data) + from;
    size = to - from;
  }

  std::string_view view() const { return {bytes, size}; }

  char* bytes = nullptr;
  size_t size = 0;
};

/// Leaves of a value only the fields that the paths match. Returns the end of what is left;
/// kBadArguments where the bytes are no value, or need a dictionary that is not there.
napi_value selectFields(napi_env env, napi_callback_info info) {
  const Call<5> call(env, info);
  const uint64_t start = call.countAt(2);
  const Range range(env, call[1], start, call.countAt(3));
  const Utf8 paths(env, call[4], kMaxPathsBytes);
  if (range.bytes == nullptr || !paths.isString() || paths.tooLong()) {
    return call.give(kBadArguments);
  }
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);

  std::string_view header;
  std::string_view value = range.view();
  std::shared_ptr<const Dictionary> names;
  if (StoredValue::isMarked(value)) {
    StoredValue parsed;
    if (!parsed.parse(value) || parsed.method != StorageMethod::kNames) {
      return call.give(kBadArguments);
    }
    names = store->codec().dictionary(parsed.dictionaryId);
    if (names == nullptr) return call.give(kBadArguments);
    header = value.substr(0, StoredValue::kHeaderBytes);
    value = parsed.body;
  }
  ByteBuffer& out = call.environment().codecBuffers.stored;
  if (!out.reset(0, range.size)) return call.give(kBadArguments);
  out.append(header);
  if (!call.environment().projections.of(paths.view()).write(value, names.get(), out)) {
    return call.give(kBadArguments);
  }
  std::memcpy(range.bytes, out.data(), out.size());
  const auto end = static_cast<int64_t>(start + out.size());
  out.releaseIfLarge();
  return call.give(end);
}

}  // namespace

void addCodecCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  addCall<selectFields>(env, exports, environment, "selectFields");
}

}  // namespace ebbcache
