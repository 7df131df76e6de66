#include "addon/environment_removals.h"

#include <string_view>
#include <utility>
#include <vector>

#include "addon/guarded.h"
#include "process/forked_child.h"

namespace ebbcache {

EnvironmentRemovals::EnvironmentRemovals(Napi::Env env)
    : env_(env),
      wake_(std::make_shared<Wake>([this] { signal_.NonBlockingCall(); })),
      signal_(Signal::New(env, "ebbcache removals", 0, 1, this)) {
  if (signal_ == nullptr) {
    closed_ = true;
    return;
  }
  signal_.Unref(env);
  // The hook that was added last runs first: nobody wakes by a signal that Node has closed.
  napi_add_env_cleanup_hook(
      env, [](void* removals) { static_cast<EnvironmentRemovals*>(removals)->close(); }, this);
}

uint64_t EnvironmentRemovals::listen(Store& store, const Napi::Function& told) {
  const uint64_t id = ++lastId_;
  if (closed_) return id;
  auto log = std::make_shared<RemovalLog>([wake = wake_] { (*wake)(); });
  const auto listener =
      listeners_.emplace(id, Listener{&store, std::move(log), Napi::Persistent(told)}).first;
  try {
    store.attach(listener->second.log);
  } catch (...) {
    listeners_.erase(listener);
    throw;
  }
  return id;
}

void EnvironmentRemovals::stopListening(uint64_t id) {
  const auto listener = listeners_.find(id);
  if (listener == listeners_.end()) return;
  listener->second.store->detach(listener->second.log.get());
  listeners_.erase(listener);
}

void EnvironmentRemovals::onWake(Napi::Env env, Napi::Function, EnvironmentRemovals* removals,
                                 void*) {
  // Without an environment the call only frees the data, and there is none.
  if (env != nullptr) guarded(env, [removals] { removals->deliver(); });
}

void EnvironmentRemovals::deliver() {
  if (closed_) return;
  // The callback may stop this listener, or others.
  std::vector<uint64_t> ids;
  ids.reserve(listeners_.size());
  for (const auto& each : listeners_) ids.push_back(each.first);
  for (const uint64_t id : ids) {
    if (!tell(id)) break;
  }
  // The rest is reported in a later turn, after Node has dealt with an exception.
  for (const auto& each : listeners_) {
    if (each.second.log->hasMore()) return (*wake_)();
  }
}

bool EnvironmentRemovals::tell(uint64_t id) {
  const auto at = listeners_.find(id);
  if (at == listeners_.end()) return true;
  const RemovalBatch batch = at->second.log->take(kMaxRemovals);
  if (batch.isEmpty()) return true;
  const auto removals = Napi::Array::New(env_, 2 * batch.count());
  uint32_t next = 0;
  batch.visit([&](std::string_view key, RemovalReason reason) {
    removals.Set(next++, Napi::String::New(env_, key.data(), key.size()));
    removals.Set(next++, Napi::Number::New(env_, static_cast<double>(reason)));
  });
  const auto lost = Napi::Number::New(env_, static_cast<double>(batch.lost()));
  at->second.told.Value().Call({removals, lost});
  return !env_.IsExceptionPending();
}

void EnvironmentRemovals::close() {
  if (inForkedChild()) return;
  if (std::exchange(closed_, true)) return;
  wake_->close();
  while (!listeners_.empty()) stopListening(listeners_.begin()->first);
  signal_.Release();
}

}  // namespace ebbcache
