// The method of a store that counts changes for values that JavaScript keeps.

#include <cstring>

#include "addon/environment.h"
#include "addon/store_object.h"
#include "addon/uint8_array.h"
#include "process/forked_child.h"

namespace ebbcache {

Napi::Value StoreObject::countChanges(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  stopCountingChanges();
  const Uint8ArrayBytes bytes(env, info[0]);
  // Values of a disk tier change in other processes, which nothing here counts.
  const bool isCountable = handle_.disk() == nullptr && bytes.size() == ChangeCounters::kBytes &&
                           reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0;
  if (!isCountable) return Napi::Boolean::New(env, false);
  std::memset(bytes.data(), 0, bytes.size());
  changes_.emplace(bytes.data());
  if (!handle_.memory().attach(*changes_)) {
    changes_.reset();
    return Napi::Boolean::New(env, false);
  }
  changesBytes_ = Napi::Persistent(info[0].As<Napi::Uint8Array>());
  stores_->setChanges(id_, &*changes_);
  return Napi::Boolean::New(env, true);
}

void StoreObject::stopCountingChanges() {
  if (inForkedChild() || !changes_) return;
  handle_.memory().detach(*changes_);
  stores_->setChanges(id_, nullptr);
  changes_.reset();
  changesBytes_.Reset();
}

}  // namespace ebbcache
