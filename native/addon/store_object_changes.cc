// The method of a store that counts changes for values that JavaScript keeps.

#include <cstring>

#include "addon/environment.h"
#include "addon/store_object.h"
#include "process/forked_child.h"

namespace ebbcache {

Napi::Value StoreObject::countChanges(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  stopCountingChanges();
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  // Values of a disk tier change in other processes, which nothing here counts.
  const bool isCountable =
      handle_.disk() == nullptr &&
      napi_get_typedarray_info(env, info[0], &type, &length, &data, nullptr, nullptr) == napi_ok &&
      type == napi_uint8_array && length == ChangeCounters::kBytes &&
      reinterpret_cast<uintptr_t>(data) % 8 == 0;
  if (!isCountable) return Napi::Boolean::New(env, false);
  std::memset(data, 0, length);
  changes_.emplace(static_cast<char*>(data));
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
