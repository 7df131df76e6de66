// The method of a store that reports removals.

#include "addon/environment.h"
#include "addon/store_object.h"
#include "process/forked_child.h"

namespace ebbcache {

void StoreObject::onRemovals(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return;
  stopRemovals();
  if (!info[0].IsFunction()) return;
  const Napi::Env env = info.Env();
  std::shared_ptr<EnvironmentRemovals>& removals = Environment::of(env).removals;
  if (removals == nullptr) {
    removals = std::make_shared<EnvironmentRemovals>(env);
    if (env.IsExceptionPending()) return removals.reset();
  }
  listeningToRemovals_ = removals->listen(handle_.memory(), info[0].As<Napi::Function>());
  removals_ = removals;
}

void StoreObject::stopRemovals() {
  if (inForkedChild() || removals_ == nullptr) return;
  removals_->stopListening(listeningToRemovals_);
  removals_.reset();
}

}  // namespace ebbcache
