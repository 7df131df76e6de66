// The class `Store` of the addon: an open store, its number, and the operations on the whole store
// and on its disk tier. Operations on single entries are in store_calls.h. The TypeScript above
// checks arguments and names errors; this class only refuses what would be unsafe.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "addon/environment_disk.h"
#include "addon/environment_removals.h"
#include "addon/guarded.h"
#include "addon/open_stores.h"
#include "runtime/runtime.h"

namespace ebbcache {

class StoreObject : public GuardedWrap<StoreObject> {
 public:
  static Napi::Function init(Napi::Env env);

  /// new Store({ maxBytes, maxEntries, policy, ttl, name, namedByFolder, ebb, minBytes }), all
  /// given. { disk: { dir, maxBytes, coherent, kind } } adds a disk tier. With { adopts: {
  /// maxBytes, maxEntries, diskBytes } }, a store that is open already keeps these sizes.
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
  /// (entries); 0 for no bound.
  void setMaxEntries(const Napi::CallbackInfo& info);
  Napi::Value shrink(const Napi::CallbackInfo& info);
  // (level 1 to 4) -> the bytes released; see Governor::apply() and hold().
  Napi::Value applyPressure(const Napi::CallbackInfo& info);
  Napi::Value holdPressure(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  /// (the number of a dictionary) => its names, or undefined where there is none.
  Napi::Value dictionaryNames(const Napi::CallbackInfo& info);
  /// () -> [evictions since the last call in the process, those of them that maxEntries caused].
  Napi::Value takeNewEvictions(const Napi::CallbackInfo& info);
  /// (ms since the epoch), or () for none: see SharedStore::giveTime(). Closing this object makes
  /// the store follow the system's clock again.
  void setTime(const Napi::CallbackInfo& info);
  void forgetExpired(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  /// (told): see EnvironmentRemovals::listen(). () stops listening.
  void onRemovals(const Napi::CallbackInfo& info);
  void stopRemovals();
  /// (bytes: Uint8Array) -> whether changes are counted in it from now on: see ChangeCounters.
  Napi::Value countChanges(const Napi::CallbackInfo& info);
  void stopCountingChanges();

  // The methods below are those of the disk tier, and lie in store_object_disk.cc. Without a disk
  // tier they do nothing and find nothing.

  /// Returns a promise of whether all earlier puts are on the disk itself.
  Napi::Value flush(const Napi::CallbackInfo& info);
  /// (ms) -> whether all earlier puts are written or dropped; it waits at most so long.
  Napi::Value settleDisk(const Napi::CallbackInfo& info);
  /// Null without a disk tier.
  Napi::Value diskStats(const Napi::CallbackInfo& info);
  Napi::Value diskCounters(const Napi::CallbackInfo& info);
  void addToDiskCounters(const Napi::CallbackInfo& info);
  void resizeDisk(const Napi::CallbackInfo& info);
  /// (place) -> [key, ...]
  Napi::Value keysOfPlace(const Napi::CallbackInfo& info);
  /// (key) -> 0 held, 1 busy, 2 unavailable.
  Napi::Value acquireLease(const Napi::CallbackInfo& info);
  void releaseLease(const Napi::CallbackInfo& info);
  /// (told): see EnvironmentDisk::listen(). () stops listening.
  void onDiskEvent(const Napi::CallbackInfo& info);

  /// Null without a disk tier, or with an exception pending.
  DiskTier* diskOf(const Napi::CallbackInfo& info) const;
  static std::shared_ptr<EnvironmentDisk> environmentDisk(Napi::Env env);
  void stopDiskEvents();
  /// Ends the use of the disk tier, before the store is closed.
  void leaveDisk();
  /// Has others that share the store go on without the time that this object has given it.
  void leaveTime();
  bool isOpen(const Napi::CallbackInfo& info) const;

  const std::shared_ptr<OpenStores> stores_;
  StoreHandle handle_;
  /// The number by which the functions of store_calls.h know the store.
  uint32_t id_ = 0;
  bool hasGivenTime_ = false;
  /// Null unless it listens to the disk tier's events.
  std::shared_ptr<EnvironmentDisk> diskEvents_;
  uint64_t listening_ = 0;
  /// Null unless it listens to removals.
  std::shared_ptr<EnvironmentRemovals> removals_;
  uint64_t listeningToRemovals_ = 0;
  /// Empty unless changes are counted.
  std::optional<ChangeCounters> changes_;
  Napi::Reference<Napi::Uint8Array> changesBytes_;
  /// The keys of the leases that it holds.
  std::unordered_set<std::string> leases_;
};

}  // namespace ebbcache
