// The class `Store` of the addon: an open store, its number, and the operations on all of it; those
// on single entries are in store_calls.h. The TypeScript above checks arguments and names errors;
// this only refuses what would be unsafe.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/guarded.h"
#include "addon/open_stores.h"
#include "runtime/runtime.h"

namespace ebbcache {

class StoreObject : public GuardedWrap<StoreObject> {
 public:
  static Napi::Function init(Napi::Env env);

  /// new Store({ maxBytes, maxEntries, policy, ttl, name, ebb, minBytes }), all given.
  explicit StoreObject(const Napi::CallbackInfo& info);
  ~StoreObject() override;
  StoreObject(const StoreObject&) = delete;
  StoreObject& operator=(const StoreObject&) = delete;

 private:
  template <auto kMethod>
  auto guardedMethod(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*kMethod)(info); });
  }

  void open(const Napi::CallbackInfo& info);
  void clear(const Napi::CallbackInfo& info);
  /// (cursor) -> [next cursor, key, key, ...]; cursor 0 begins and ends.
  Napi::Value scan(const Napi::CallbackInfo& info);
  Napi::Value resize(const Napi::CallbackInfo& info);
  Napi::Value shrink(const Napi::CallbackInfo& info);
  // (level 1 to 4) -> bytes given back; see Governor::apply() and hold().
  Napi::Value applyPressure(const Napi::CallbackInfo& info);
  Napi::Value holdPressure(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  bool isOpen(const Napi::CallbackInfo& info) const;

  const std::shared_ptr<OpenStores> stores_;
  StoreHandle handle_;
  /// What the functions of store_calls.h know it by.
  uint32_t id_ = 0;
};

}  // namespace ebbcache
