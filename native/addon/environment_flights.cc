#include "addon/environment_flights.h"

#include <cstring>
#include <optional>
#include <utility>

#include "process/forked_child.h"

namespace ebbcache {
namespace {

/// Empty in a thread that is being terminated: it makes no buffers any more, and no exception
/// reports that.
Napi::Value toBytes(Napi::Env env, const std::string& content) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value bytes = nullptr;
  if (napi_create_arraybuffer(env, content.size(), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_uint8_array, content.size(), buffer, 0, &bytes) != napi_ok) {
    return {};
  }
  if (!content.empty()) std::memcpy(data, content.data(), content.size());
  return {env, bytes};
}

}  // namespace

EnvironmentFlights::EnvironmentFlights(Napi::Env env, FlightRegistry& registry)
    : env_(env),
      registry_(registry),
      member_(std::make_shared<FlightMember>([this] { signal_.NonBlockingCall(); })),
      signal_(Signal::New(env, "ebbcache flights", 0, 1, this)) {
  if (signal_ == nullptr) {
    closed_ = true;
    return;
  }
  signal_.Unref(env);
  // The hook that was added last runs first: nobody wakes by a signal that Node has closed.
  napi_add_env_cleanup_hook(
      env, [](void* flights) { static_cast<EnvironmentFlights*>(flights)->close(); }, this);
}

FlightWaiter EnvironmentFlights::join(std::string_view scope, std::string_view key,
                                      std::string_view version, const Napi::Function& told) {
  // After the end it takes part in nothing any more: each call leads alone.
  if (closed_) return {0, true};
  const FlightWaiter waiter = registry_.join(member_, scope, key, version);
  try {
    waiters_.emplace(waiter.id, Waiter{Napi::Persistent(told), !waiter.leads});
  } catch (...) {
    // Others may follow the waiter already.
    registry_.handOn(waiter.id);
    throw;
  }
  if (!waiter.leads && ++following_ == 1) signal_.Ref(env_);
  return waiter;
}

bool EnvironmentFlights::isCurrent(FlightWaiterId waiterId) const {
  return waiters_.count(waiterId) > 0 && registry_.isCurrent(waiterId);
}

bool EnvironmentFlights::leave(FlightWaiterId waiterId) {
  if (waiters_.count(waiterId) == 0) return true;
  if (!registry_.leave(waiterId)) return false;
  remove(waiterId);
  return true;
}

void EnvironmentFlights::handOn(FlightWaiterId waiterId) {
  if (waiters_.count(waiterId) == 0) return;
  registry_.handOn(waiterId);
  remove(waiterId);
}

void EnvironmentFlights::complete(FlightWaiterId waiterId, std::string result) {
  const auto waiter = waiters_.find(waiterId);
  if (waiter == waiters_.end() || waiter->second.follows) return;
  registry_.complete(waiterId, std::move(result));
  remove(waiterId);
}

void EnvironmentFlights::onEvent(Napi::Env env, Napi::Function, EnvironmentFlights* flights,
                                 void*) {
  // Without an environment the call only frees the data, and there is none.
  if (env != nullptr) flights->tellNext();
}

void EnvironmentFlights::tellNext() {
  const std::optional<FlightNotification> notification = member_->takeNotification();
  if (!notification) return;
  const auto waiter = waiters_.find(notification->id);
  if (waiter == waiters_.end()) return;
  const Napi::Function told = waiter->second.told.Value();
  const auto event = Napi::Number::New(env_, static_cast<double>(notification->event));
  if (notification->event != FlightEvent::kCompleted) {
    stopFollowing(waiter->second);
    told.Call({event});
    return;
  }
  remove(notification->id);
  const Napi::Value bytes = toBytes(env_, *notification->result);
  if (!bytes.IsEmpty()) told.Call({event, bytes});
}

void EnvironmentFlights::stopFollowing(Waiter& waiter) {
  if (std::exchange(waiter.follows, false) && --following_ == 0) signal_.Unref(env_);
}

void EnvironmentFlights::remove(FlightWaiterId waiterId) {
  const auto waiter = waiters_.find(waiterId);
  stopFollowing(waiter->second);
  waiters_.erase(waiter);
}

void EnvironmentFlights::close() {
  if (inForkedChild()) return;
  if (std::exchange(closed_, true)) return;
  registry_.leaveAll(*member_);
  member_->close();
  waiters_.clear();
  signal_.Release();
}

}  // namespace ebbcache
