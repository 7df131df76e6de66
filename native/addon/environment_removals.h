// What one environment is told of what leaves its stores.
#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <memory>

#include "addon/wake.h"
#include "store/store.h"

namespace ebbcache {

/// The environment's own thread alone uses it. It does not keep the environment alive, and calls
/// nothing any more once the environment ends, however it ends.
class EnvironmentRemovals {
 public:
  /// Leaves a JavaScript exception pending when Node refuses what other threads wake it by.
  explicit EnvironmentRemovals(Napi::Env env);
  ~EnvironmentRemovals() { close(); }
  EnvironmentRemovals(const EnvironmentRemovals&) = delete;
  EnvironmentRemovals& operator=(const EnvironmentRemovals&) = delete;

  /// `told` is called with ([key, reason, key, reason, ...], lost), the removals in the order in
  /// which they happened and the number of those that were lost after them; never before this
  /// returns. The store outlives it. Returns what stopListening() takes, which is not 0.
  uint64_t listen(Store& store, const Napi::Function& told);
  /// What was not told yet is told to nobody.
  void stopListening(uint64_t id);

 private:
  /// A batch has no more, so that JavaScript that waits has its turn between two of them.
  static constexpr uint64_t kMostRemovals = 1024;

  struct Listener {
    Store* store;
    std::shared_ptr<RemovalLog> log;
    Napi::FunctionReference told;
  };

  static void onWake(Napi::Env env, Napi::Function none, EnvironmentRemovals* removals, void* data);
  using Signal = Napi::TypedThreadSafeFunction<EnvironmentRemovals, void, onWake>;

  void look();
  /// False where the callback threw.
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
