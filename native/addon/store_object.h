// The class `Store` of the addon: an open store, its number, and the operations on all of it and on
// its disk tier; those on single entries are in store_calls.h. The TypeScript above checks
// arguments and names errors; this only refuses what would be unsafe.
#pragma once

#include <napi.h>

#include <memory>
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
  /// given, and { disk: { dir, maxBytes, coherent, kind } } for one with a disk tier; with {
  /// adopts: { maxBytes, maxEntries, diskBytes } }, sizes of a store that is open are as it has
  /// them.
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
  // (level 1 to 4) -> bytes given back; see Governor::apply() and hold().
  Napi::Value applyPressure(const Napi::CallbackInfo& info);
  Napi::Value holdPressure(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  /// () -> [evictions since anyone in the process asked, those that maxEntries caused].
  Napi::Value takeNewEvictions(const Napi::CallbackInfo& info);
  /// (ms since the epoch), or () for none: see SharedStore::giveTime(). The store's own time counts
  /// again once this is closed.
  void setTime(const Napi::CallbackInfo& info);
  void forgetExpired(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  /// (told), see EnvironmentRemovals::listen(), or () for none any more.
  void onRemovals(const Napi::CallbackInfo& info);
  void stopRemovals();

  // What follows is about the disk tier, and lies in store_object_disk.cc. Without one there is
  // nothing to do and nothing to be found.

  /// A promise of whether all that was put is on the disk itself.
  Napi::Value flush(const Napi::CallbackInfo& info);
  /// (ms) -> whether all that was put is written or dropped; it waits for so long at most.
  Napi::Value settleDisk(const Napi::CallbackInfo& info);
  /// Null without one.
  Napi::Value diskStats(const Napi::CallbackInfo& info);
  Napi::Value diskCounters(const Napi::CallbackInfo& info);
  void addToDiskCounters(const Napi::CallbackInfo& info);
  void resizeDisk(const Napi::CallbackInfo& info);
  /// (place) -> [key, ...]
  Napi::Value keysOfPlace(const Napi::CallbackInfo& info);
  /// (key) -> 0 held, 1 busy, 2 unavailable.
  Napi::Value acquireLease(const Napi::CallbackInfo& info);
  void releaseLease(const Napi::CallbackInfo& info);
  /// (told), or () for none any more.
  void onDiskNews(const Napi::CallbackInfo& info);

  /// Null without one, or with an exception pending.
  DiskTier* diskOf(const Napi::CallbackInfo& info) const;
  static std::shared_ptr<EnvironmentDisk> environmentDisk(Napi::Env env);
  void stopDiskNews();
  /// Gives up what it has of the disk tier, before the store is closed.
  void leaveDisk();
  /// Others that share the store go on without the time that this has given it.
  void leaveTime();
  bool isOpen(const Napi::CallbackInfo& info) const;

  const std::shared_ptr<OpenStores> stores_;
  StoreHandle handle_;
  /// What the functions of store_calls.h know it by.
  uint32_t id_ = 0;
  bool hasGivenTime_ = false;
  /// Null unless it is told the news.
  std::shared_ptr<EnvironmentDisk> diskNews_;
  uint64_t listening_ = 0;
  /// Null unless it is told what leaves the store.
  std::shared_ptr<EnvironmentRemovals> removals_;
  uint64_t listeningToRemovals_ = 0;
  /// Keys of those that it holds.
  std::unordered_set<std::string> leases_;
};

}  // namespace ebbcache
