#include "addon/file_calls.h"

#include <cstring>
#include <string_view>

#include "addon/call.h"
#include "addon/environment.h"
#include "addon/key.h"
#include "addon/known_read.h"
#include "addon/utf8.h"
#include "files/file_state.h"

namespace ebbcache {
namespace {

/// No system takes a longer path: those of Windows have at most 32,767 UTF-16 units.
constexpr size_t kMaxPathBytes = size_t{3} * 32767;

FileState stateAt(const Utf8& path) {
  return path.tooLong() ? FileState::none(NoState::kTooLong) : stateOfFile(path.view());
}

/// Leaves the state where JavaScript reads it; returns false where there is no room.
bool leave(const FileState& state, const SharedBuffer& buffer) {
  if (buffer.capacity < FileState::kBytes) return false;
  std::memcpy(buffer.bytes, state.bytes().data(), FileState::kBytes);
  return true;
}

/// Whether JavaScript may know the record: see KnownRead.
enum class Known : uint8_t { kNo, kMaybe };

/// The result of a lookup of a record; the record is copied to the read buffer if that is large
/// enough.
template <Known kKnown, typename AnyCall>
napi_value giveRecord(const AnyCall& call, CodedStore& store, const Key& key,
                      std::string_view state) {
  uint64_t bytes = 0;
  bool fromDisk = false;
  if (kKnown == Known::kMaybe) {
    if (!KnownRead::hasBuffer(call.environment())) return call.give(kBadArguments);
    KnownRead known(call.environment(), store, key.view(), nullptr);
    const ReadResult found =
        store.getPrefixed(key.view(), state, known.reading(), bytes, &fromDisk);
    return known.give(call, found, bytes, fromDisk);
  }
  const ReadResult result =
      store.getPrefixed(key.view(), state, call.environment().reading(CodedStore::Names::kNumbered),
                        bytes, &fromDisk);
  return call.giveFound(result, bytes, fromDisk);
}

napi_value fileState(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  const Utf8 path(env, call[0], kMaxPathBytes);
  if (!path.isString()) return call.give(kBadArguments);
  const FileState state = stateAt(path);
  if (!leave(state, call.environment().stateBuffer)) return call.give(kBadArguments);
  return call.give(state.kind() == FileKind::kNone ? kNoState : 0);
}

template <Known kKnown>
napi_value getOfState(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  const SharedBuffer& state = call.environment().stateBuffer;
  if (state.capacity < FileState::kBytes) return call.give(kBadArguments);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  return giveRecord<kKnown>(call, *store, key, {state.bytes, FileState::kBytes});
}

template <Known kKnown>
napi_value lookUpFile(napi_env env, napi_callback_info info) {
  const Call<3> call(env, info);
  const Key key(env, call[1]);
  if (!key.ok()) return call.give(kBadKey);
  const Utf8 path(env, call[2], kMaxPathBytes);
  if (!path.isString()) return call.give(kBadArguments);
  CodedStore* const store = call.store();
  if (store == nullptr) return call.give(kClosed);
  const FileState state = stateAt(path);
  if (!leave(state, call.environment().stateBuffer)) return call.give(kBadArguments);
  if (state.kind() == FileKind::kNone) return call.give(kNoState);
  return giveRecord<kKnown>(call, *store, key, state.bytes());
}

}  // namespace

void addFileCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  addCall<fileState>(env, exports, environment, "fileState");
  addCall<getOfState<Known::kNo>>(env, exports, environment, "getOfState");
  addCall<getOfState<Known::kMaybe>>(env, exports, environment, "getOfStateUnlessKnown");
  addCall<lookUpFile<Known::kNo>>(env, exports, environment, "lookUpFile");
  addCall<lookUpFile<Known::kMaybe>>(env, exports, environment, "lookUpFileUnlessKnown");
}

}  // namespace ebbcache
