#include "addon/codec_calls.h"

#include <cstring>
#include <memory>
#include <string_view>

#include "addon/call.h"
#include "addon/environment.h"
#include "addon/uint8_array.h"
#include "addon/utf8.h"
#include "codec/stored_value.h"

namespace ebbcache {
namespace {

/// The maximum size of all paths of a projection together.
constexpr size_t kMaxPathsBytes = size_t{64} << 10;

/// A value that a read has left in a Uint8Array, from one place to before another, with numbers in
/// place of names or without.
class ReadValue {
 public:
  ReadValue(napi_env env, napi_value given, uint64_t from, uint64_t to) {
    const Uint8ArrayBytes array(env, given);
    if (!array.ok() || from > to || to > array.size()) return;
    bytes_ = array.data() + from;
    value_ = {bytes_, to - from};
  }

  /// Null where the bytes are not in the array.
  char* bytes() const { return bytes_; }

  /// Finds the header and the names. Returns false for bytes that are no msgpack, and where the
  /// store has no such dictionary.
  bool parse(StoreCodec& codec) {
    if (!StoredValue::isMarked(value_)) return true;
    StoredValue parsed;
    if (!parsed.parse(value_) || parsed.method != StorageMethod::kNames) return false;
    names_ = codec.dictionary(parsed.dictionaryId);
    header_ = value_.substr(0, StoredValue::kHeaderBytes);
    value_ = parsed.body;
    return names_ != nullptr;
  }

  /// Empty for a value without numbers.
  std::string_view header() const { return header_; }
  std::string_view msgpack() const { return value_; }
  /// Null for a value without numbers.
  const Dictionary* names() const { return names_.get(); }

 private:
  char* bytes_ = nullptr;
  std::string_view header_;
  std::string_view value_;
  std::shared_ptr<const Dictionary> names_;
};

/// Leaves of a value only the fields that the paths match. Returns the end of what is left;
/// kBadArguments where the bytes are no value, or need a dictionary that is not there.
napi_value selectFields(napi_env env, napi_callback_info info) {
  const Call<5> call(env, info);
  const uint64_t start = call.countAt(2);
  ReadValue value(env, call[1], start, call.countAt(3));
  const Utf8 paths(env, call[4], kMaxPathsBytes);
  if (value.bytes() == nullptr || !paths.isString() || paths.tooLong()) {
    return call.give(kBadArguments);
  }
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  if (!value.parse(store->codec())) return call.give(kBadArguments);
  ByteBuffer& out = call.environment().codecBuffers.stored;
  if (!out.reset(0, value.header().size() + value.msgpack().size())) {
    return call.give(kBadArguments);
  }
  out.append(value.header());
  Projection& projection = call.environment().projections.of(paths.view());
  if (!projection.write(value.msgpack(), value.names(), out)) return call.give(kBadArguments);
  std::memcpy(value.bytes(), out.data(), out.size());
  const auto end = static_cast<int64_t>(start + out.size());
  out.releaseIfLarge();
  return call.give(end);
}

/// Writes the JSON of a value to an array from a place on, where it fits. Returns its bytes;
/// kBadArguments where the writer declines.
napi_value writeJson(napi_env env, napi_callback_info info) {
  const Call<6> call(env, info);
  ReadValue value(env, call[1], call.countAt(2), call.countAt(3));
  const Uint8ArrayBytes out(env, call[4]);
  const uint64_t at = call.countAt(5);
  if (value.bytes() == nullptr || at > out.size()) return call.give(kBadArguments);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  std::unique_ptr<JsonWriter>& writer = call.environment().jsonWriter;
  if (writer == nullptr) writer = std::make_unique<JsonWriter>();
  const JsonWriter::Room room{out.data() + at, out.size() - at};
  if (!value.parse(store->codec()) || !writer->write(value.msgpack(), value.names(), room)) {
    writer->releaseIfLarge();
    return call.give(kBadArguments);
  }
  const std::string_view json = writer->json();
  const auto bytes = static_cast<int64_t>(json.size());
  if (json.size() <= room.capacity) {
    // The writer may have moved it for room that it did not need in the end.
    if (json.data() != room.bytes) std::memcpy(room.bytes, json.data(), json.size());
    // No later call refers to the array.
    writer->releaseIfLarge();
  }
  return call.give(bytes);
}

/// Copies the JSON for which the latest call of writeJson had no room to the start of an array.
napi_value takeJson(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  const Uint8ArrayBytes out(env, call[0]);
  const std::unique_ptr<JsonWriter>& writer = call.environment().jsonWriter;
  if (writer == nullptr || writer->json().size() > out.size()) return call.give(kBadArguments);
  std::memcpy(out.data(), writer->json().data(), writer->json().size());
  writer->releaseIfLarge();
  return call.give(0);
}

}  // namespace

void addCodecCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  addCall<selectFields>(env, exports, environment, "selectFields");
  addCall<writeJson>(env, exports, environment, "writeJson");
  addCall<takeJson>(env, exports, environment, "takeJson");
}

}  // namespace ebbcache
