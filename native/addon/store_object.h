// The class `Store` of the addon: an open store, one method for each of its operations. The
// TypeScript above checks arguments and names errors; this only refuses what would be unsafe.
#pragma once

#include <napi.h>

#include "runtime/runtime.h"

namespace ebbcache {

class StoreObject : public Napi::ObjectWrap<StoreObject> {
 public:
  static Napi::Function init(Napi::Env env);

  /// new Store({ maxBytes, maxEntries, policy, ttl, name, ebb, minBytes }), all given.
  explicit StoreObject(const Napi::CallbackInfo& info);

 private:
  /// (key) -> bytes of the value, copied to the read buffer if it is that large; -1 for a miss.
  Napi::Value get(const Napi::CallbackInfo& info);
  Napi::Value peek(const Napi::CallbackInfo& info);
  Napi::Value has(const Napi::CallbackInfo& info);
  /// (key, bytes, start, end, ttl ms or 0, cost ms or 0) -> 0 stored, 1 too large, 2 no memory.
  Napi::Value set(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  void clear(const Napi::CallbackInfo& info);
  /// (cursor) -> [next cursor, key, key, ...]; cursor 0 begins and ends.
  Napi::Value scan(const Napi::CallbackInfo& info);
  Napi::Value resize(const Napi::CallbackInfo& info);
  Napi::Value shrink(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  using Reader = ReadResult (Store::*)(std::string_view key, char* out, uint64_t capacity,
                                       uint64_t& bytes);
  Napi::Value read(const Napi::CallbackInfo& info, Reader reader);
  bool isOpen(const Napi::CallbackInfo& info) const;

  StoreHandle handle_;
};

}  // namespace ebbcache
