// The notifications of one environment by the threads of disk tiers: ended flushes and events.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "addon/wake.h"
#include "disk/disk_tier.h"

namespace ebbcache {

/// Only the environment's own thread may use it. It keeps the environment alive while a flush is in
/// progress, and calls nothing any more once the environment ends, however it ends.
class EnvironmentDisk {
 public:
  /// Leaves a JavaScript exception pending where Node refuses a signal by which other threads wake
  /// it.
  explicit EnvironmentDisk(Napi::Env env);
  ~EnvironmentDisk() { close(); }
  EnvironmentDisk(const EnvironmentDisk&) = delete;
  EnvironmentDisk& operator=(const EnvironmentDisk&) = delete;

  /// Returns a promise of whether all earlier puts are on the disk itself.
  Napi::Value flush(DiskTier& tier);
  /// Calls `told` with each event as { kind, sentence }, never before this returns. Earlier events
  /// are included, except for trouble that is over. The tier MUST outlive the listener. Returns the
  /// id for stopListening(), which is not 0.
  uint64_t listen(DiskTier& tier, const Napi::Function& told);
  void stopListening(uint64_t id);

 private:
  enum class Outcome : uint8_t { kWaiting, kWritten, kNotWritten };
  struct Flush {
    Napi::Promise::Deferred promise;
    /// Set by the tier's thread.
    std::shared_ptr<std::atomic<Outcome>> outcome;
  };
  struct Listener {
    DiskTier* tier;
    uint64_t subscription;
    Napi::FunctionReference told;
    /// The position in DiskEventLog::after().
    uint64_t after;
    bool hasListened;
    std::list<DiskEvent> untold;
  };

  static void onWake(Napi::Env env, Napi::Function none, EnvironmentDisk* disk, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentDisk, void, onWake>;

  void deliver();
  void endFlushes();
  /// Returns false where the callback threw.
  bool tell(uint64_t id);
  void close();

  const Napi::Env env_;
  const std::shared_ptr<Wake> wake_;
  Signal signal_;
  std::list<Flush> flushes_;
  std::map<uint64_t, Listener> listeners_;
  uint64_t lastId_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache
