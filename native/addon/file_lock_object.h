// The class `FileLock` of the addon: see native/files/file_lock.h.
#pragma once

#include <napi.h>

#include "addon/guarded.h"
#include "files/file_lock.h"

namespace ebbcache {

/// Closed by its finalizer at the latest, which runs when its environment ends.
class FileLockObject : public GuardedWrap<FileLockObject> {
 public:
  static Napi::Function init(Napi::Env env);

  /// new FileLock(path); throws with the code ERR_EBBCACHE_LOCK and the system's reason.
  explicit FileLockObject(const Napi::CallbackInfo& info);

 private:
  template <auto kMethod>
  auto guardedMethod(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*kMethod)(info); });
  }

  void open(const Napi::CallbackInfo& info);
  /// () -> whether it is held now. Throws where the system has no locks, and when it is closed.
  template <LockKind kKind>
  Napi::Value tryLock(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  FileLock lock_;
};

}  // namespace ebbcache
