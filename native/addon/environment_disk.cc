#include "addon/environment_disk.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "addon/guarded.h"
#include "process/forked_child.h"

namespace ebbcache {
namespace {

const char* nameOf(DiskEvent::Kind kind) {
  switch (kind) {
    case DiskEvent::Kind::kRecovered:
      return "recovered";
    case DiskEvent::Kind::kDamaged:
      return "damaged";
    case DiskEvent::Kind::kRemovedEarlier:
      return "removedEarlier";
    case DiskEvent::Kind::kTrouble:
      break;
  }
  return "trouble";
}

/// Removes trouble that is over, together with its recovery.
void removeResolved(std::list<DiskEvent>& events) {
  const auto isRecovery = [](const DiskEvent& each) {
    return each.kind == DiskEvent::Kind::kRecovered;
  };
  const auto last = std::find_if(events.rbegin(), events.rend(), isRecovery).base();
  for (auto at = events.begin(); at != last;) {
    const bool isOver = at->kind == DiskEvent::Kind::kTrouble || isRecovery(*at);
    at = isOver ? events.erase(at) : std::next(at);
  }
}

}  // namespace

EnvironmentDisk::EnvironmentDisk(Napi::Env env)
    : env_(env),
      wake_(std::make_shared<Wake>([this] { signal_.NonBlockingCall(); })),
      signal_(Signal::New(env, "ebbcache disk", 0, 1, this)) {
  if (signal_ == nullptr) {
    closed_ = true;
    return;
  }
  signal_.Unref(env);
  // The hook that was added last runs first: nobody wakes by a signal that Node has closed.
  napi_add_env_cleanup_hook(
      env, [](void* disk) { static_cast<EnvironmentDisk*>(disk)->close(); }, this);
}

Napi::Value EnvironmentDisk::flush(DiskTier& tier) {
  const auto promise = Napi::Promise::Deferred::New(env_);
  if (closed_) {
    promise.Resolve(Napi::Boolean::New(env_, false));
    return promise.Promise();
  }
  auto outcome = std::make_shared<std::atomic<Outcome>>(Outcome::kWaiting);
  flushes_.push_back({promise, outcome});
  if (flushes_.size() == 1) signal_.Ref(env_);
  tier.flush([wake = wake_, outcome = std::move(outcome)](bool isWritten) {
    outcome->store(isWritten ? Outcome::kWritten : Outcome::kNotWritten);
    (*wake)();
  });
  return promise.Promise();
}

uint64_t EnvironmentDisk::listen(DiskTier& tier, const Napi::Function& told) {
  const uint64_t id = ++lastId_;
  if (closed_) return id;
  const auto listener =
      listeners_.emplace(id, Listener{&tier, 0, Napi::Persistent(told), 0, false, {}}).first;
  listener->second.subscription = tier.events().subscribe([wake = wake_] { (*wake)(); });
  // The log may have events already.
  (*wake_)();
  return id;
}

void EnvironmentDisk::stopListening(uint64_t id) {
  const auto listener = listeners_.find(id);
  if (listener == listeners_.end()) return;
  listener->second.tier->events().unsubscribe(listener->second.subscription);
  listeners_.erase(listener);
}

void EnvironmentDisk::onWake(Napi::Env env, Napi::Function, EnvironmentDisk* disk, void*) {
  // Without an environment the call only frees the data, and there is none.
  if (env != nullptr) guarded(env, [disk] { disk->deliver(); });
}

void EnvironmentDisk::deliver() {
  if (closed_) return;
  endFlushes();
  std::vector<uint64_t> ids;
  ids.reserve(listeners_.size());
  for (const auto& each : listeners_) ids.push_back(each.first);
  for (const uint64_t id : ids) {
    if (tell(id)) continue;
    // The rest is reported once Node has dealt with the exception.
    (*wake_)();
    return;
  }
}

void EnvironmentDisk::endFlushes() {
  for (auto at = flushes_.begin(); at != flushes_.end();) {
    const Outcome outcome = at->outcome->load();
    if (outcome == Outcome::kWaiting) {
      ++at;
      continue;
    }
    const Napi::Promise::Deferred promise = at->promise;
    at = flushes_.erase(at);
    if (flushes_.empty()) signal_.Unref(env_);
    promise.Resolve(Napi::Boolean::New(env_, outcome == Outcome::kWritten));
  }
}

bool EnvironmentDisk::tell(uint64_t id) {
  for (;;) {
    // The callback may stop this listener, or others.
    const auto at = listeners_.find(id);
    if (at == listeners_.end()) return true;
    Listener& listener = at->second;
    for (DiskEvent& each : listener.tier->events().after(listener.after)) {
      listener.untold.push_back(std::move(each));
    }
    if (!std::exchange(listener.hasListened, true)) removeResolved(listener.untold);
    if (listener.untold.empty()) return true;
    const DiskEvent event = std::move(listener.untold.front());
    listener.untold.pop_front();
    const auto given = Napi::Object::New(env_);
    given.Set("kind", Napi::String::New(env_, nameOf(event.kind)));
    given.Set("sentence", Napi::String::New(env_, event.sentence));
    listener.told.Value().Call({given});
    if (env_.IsExceptionPending()) return false;
  }
}

void EnvironmentDisk::close() {
  if (inForkedChild()) return;
  if (std::exchange(closed_, true)) return;
  wake_->close();
  while (!listeners_.empty()) stopListening(listeners_.begin()->first);
  flushes_.clear();
  signal_.Release();
}

}  // namespace ebbcache
