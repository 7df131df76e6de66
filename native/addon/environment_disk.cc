#include "addon/environment_disk.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "addon/guarded.h"
#include "process/forked_child.h"

namespace ebbcache {
namespace {

const char* nameOf(DiskNews::Kind kind) {
  switch (kind) {
    case DiskNews::Kind::kRecovered:
      return "recovered";
    case DiskNews::Kind::kDamaged:
      return "damaged";
    case DiskNews::Kind::kRemovedEarlier:
      return "removedEarlier";
    case DiskNews::Kind::kTrouble:
      break;
  }
  return "trouble";
}

/// Removes trouble that is over, and that it is.
void forgetWhatIsOver(std::list<DiskNews>& news) {
  const auto isRecovery = [](const DiskNews& each) {
    return each.kind == DiskNews::Kind::kRecovered;
  };
  const auto last = std::find_if(news.rbegin(), news.rend(), isRecovery).base();
  for (auto at = news.begin(); at != last;) {
    const bool isOver = at->kind == DiskNews::Kind::kTrouble || isRecovery(*at);
    at = isOver ? news.erase(at) : std::next(at);
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
  listener->second.subscription = tier.news().subscribe([wake = wake_] { (*wake)(); });
  // There may be some already.
  (*wake_)();
  return id;
}

void EnvironmentDisk::stopListening(uint64_t id) {
  const auto listener = listeners_.find(id);
  if (listener == listeners_.end()) return;
  listener->second.tier->news().unsubscribe(listener->second.subscription);
  listeners_.erase(listener);
}

void EnvironmentDisk::onWake(Napi::Env env, Napi::Function, EnvironmentDisk* disk, void*) {
  // Without an environment it is only to free the data, and there is none.
  if (env != nullptr) guarded(env, [disk] { disk->look(); });
}

void EnvironmentDisk::look() {
  if (closed_) return;
  endFlushes();
  std::vector<uint64_t> ids;
  ids.reserve(listeners_.size());
  for (const auto& each : listeners_) ids.push_back(each.first);
  for (const uint64_t id : ids) {
    if (tell(id)) continue;
    // What is left is told once Node has dealt with the exception.
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
    for (DiskNews& each : listener.tier->news().after(listener.after)) {
      listener.untold.push_back(std::move(each));
    }
    if (!std::exchange(listener.hasListened, true)) forgetWhatIsOver(listener.untold);
    if (listener.untold.empty()) return true;
    const DiskNews news = std::move(listener.untold.front());
    listener.untold.pop_front();
    const auto given = Napi::Object::New(env_);
    given.Set("kind", Napi::String::New(env_, nameOf(news.kind)));
    given.Set("sentence", Napi::String::New(env_, news.sentence));
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
