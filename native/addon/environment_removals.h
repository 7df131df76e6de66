// The notifications of one environment of entries that leave its stores.
#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <memory>

#include "addon/wake.h"
#include "store/store.h"

namespace ebbcache {

/// Only the environment's own thread may use it. It does not keep the environment alive, and calls
/// nothing any more once the environment ends, however it ends.
class EnvironmentRemovals {
 public:
  /// Leaves a JavaScript exception pending where Node refuses a signal by which other threads wake
  /// it.
  explicit EnvironmentRemovals(Napi::Env env);
  ~EnvironmentRemovals() { close(); }
  EnvironmentRemovals(const EnvironmentRemovals&) = delete;
  EnvironmentRemovals& operator=(const EnvironmentRemovals&) = delete;

  /// Calls `told` with ([key, reason, key, reason, ...], lost): the removals in the order in which
  /// they happened, and the number of those that were lost after them; never before this returns.
  /// The store MUST outlive the listener. Returns the id for stopListening(), which is not 0.
  uint64_t listen(Store& store, const Napi::Function& told);
  /// Removals that were not reported yet are dropped.
  void stopListening(uint64_t id);

 private:
  /// The maximum of a batch, so that other JavaScript runs between two of them.
  static constexpr uint64_t kMaxRemovals = 1024;

  struct Listener {
    Store* store;
    std::shared_ptr<RemovalLog> log;
    Napi::FunctionReference told;
  };

  static void onWake(Napi::Env env, Napi::Function none, EnvironmentRemovals* removals, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentRemovals, void, onWake>;

  void deliver();
  /// Returns false where the callback threw.
  bool tell(uint64_t id);
  void close();

  const Napi::Env env_;
  const std::shared_ptr<Wake> wake_;
  Signal signal_;
  std::map<uint64_t, Listener> listeners_;
  uint64_t lastId_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache
