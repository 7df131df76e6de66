// What the disk tiers' threads tell one environment: that a flush has ended, and news.
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

/// The environment's own thread alone uses it. It keeps the environment alive as long as a flush is
/// under way, and calls nothing any more once the environment ends, however it ends.
class EnvironmentDisk {
 public:
  /// Leaves a JavaScript exception pending when Node refuses what other threads wake it by.
  explicit EnvironmentDisk(Napi::Env env);
  ~EnvironmentDisk() { close(); }
  EnvironmentDisk(const EnvironmentDisk&) = delete;
  EnvironmentDisk& operator=(const EnvironmentDisk&) = delete;

  /// A promise of whether all that was put is on the disk itself.
  Napi::Value flush(DiskTier& tier);
  /// `told` is called with each of the news as { kind, sentence }, never before this returns: with
  /// those from now on, and of earlier ones with those that are no trouble that is over. The tier
  /// outlives it. Returns what stopListening() takes, which is not 0.
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
    /// As DiskNewsBoard::after() has it.
    uint64_t after;
    bool hasListened;
    std::list<DiskNews> untold;
  };

  static void onWake(Napi::Env env, Napi::Function none, EnvironmentDisk* disk, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentDisk, void, onWake>;

  void look();
  void endFlushes();
  /// False where the callback threw.
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
