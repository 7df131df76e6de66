// The methods of a store for its disk tier.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "addon/environment.h"
#include "addon/key.h"
#include "addon/numbers.h"
#include "addon/store_object.h"
#include "process/forked_child.h"
#include "runtime/stats_fields.h"

namespace ebbcache {
namespace {

/// The longest time, in ms, for which a call waits for the disk tier.
constexpr uint64_t kMaxSettleMs = 60'000;

Napi::Number numberOf(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

}  // namespace

DiskTier* StoreObject::diskOf(const Napi::CallbackInfo& info) const {
  return isOpen(info) ? handle_.disk() : nullptr;
}

std::shared_ptr<EnvironmentDisk> StoreObject::environmentDisk(Napi::Env env) {
  std::shared_ptr<EnvironmentDisk>& disk = Environment::of(env).disk;
  if (disk == nullptr) {
    disk = std::make_shared<EnvironmentDisk>(env);
    if (env.IsExceptionPending()) disk.reset();
  }
  return disk;
}

Napi::Value StoreObject::flush(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  DiskTier* const tier = handle_.disk();
  if (tier == nullptr) {
    const auto promise = Napi::Promise::Deferred::New(env);
    promise.Resolve(Napi::Boolean::New(env, true));
    return promise.Promise();
  }
  const std::shared_ptr<EnvironmentDisk> disk = environmentDisk(env);
  return disk == nullptr ? Napi::Value() : disk->flush(*tier);
}

Napi::Value StoreObject::settleDisk(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  DiskTier* const tier = handle_.disk();
  const bool isSettled = tier == nullptr || tier->settle(std::min(toCount(info[0]), kMaxSettleMs));
  return Napi::Boolean::New(info.Env(), isSettled);
}

Napi::Value StoreObject::diskStats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  DiskTier* const tier = handle_.disk();
  if (tier == nullptr) return env.Null();
  const DiskTierStats stats = tier->stats();
  const auto result = Napi::Object::New(env);
  const auto put = [&](const char* name, uint64_t value) {
    result.Set(name, numberOf(env, value));
  };
  result.Set("path", Napi::String::New(env, tier->path()));
  result.Set("available", Napi::Boolean::New(env, stats.available));
  for (const auto& field : kDiskStatsFields) put(field.name, stats.*field.member);
  return result;
}

Napi::Value StoreObject::diskCounters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  DiskTier* const tier = handle_.disk();
  const DiskTier::Counters counters = tier == nullptr ? DiskTier::Counters{} : tier->counters();
  const auto result = Napi::Array::New(env, counters.size());
  for (uint32_t i = 0; i < counters.size(); ++i) result.Set(i, numberOf(env, counters[i]));
  return result;
}

void StoreObject::addToDiskCounters(const Napi::CallbackInfo& info) {
  DiskTier* const tier = diskOf(info);
  if (tier == nullptr || !info[0].IsArray()) return;
  const auto given = info[0].As<Napi::Array>();
  DiskTier::Counters deltas{};
  const auto count = std::min<size_t>(given.Length(), deltas.size());
  for (uint32_t i = 0; i < count; ++i) deltas[i] = toCount(given.Get(i));
  if (!info.Env().IsExceptionPending()) tier->addToCounters(deltas);
}

void StoreObject::resizeDisk(const Napi::CallbackInfo& info) {
  DiskTier* const tier = diskOf(info);
  if (tier == nullptr) return;
  DiskTierOptions options = tier->options();
  options.maxBytes = toCount(info[0]);
  const std::string why = options.whyInvalid();
  if (why.empty()) {
    tier->resize(options.maxBytes);
  } else {
    napi_throw_range_error(info.Env(), "ERR_EBBCACHE_ARGUMENT", why.c_str());
  }
}

Napi::Value StoreObject::keysOfPlace(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  DiskTier* const tier = diskOf(info);
  if (env.IsExceptionPending()) return {};
  // The keys are copied first: no JavaScript value is made while the tier is read.
  std::vector<std::string> keys;
  if (tier != nullptr && info[0].IsString()) {
    const std::string place = info[0].As<Napi::String>().Utf8Value();
    tier->scanPlace(place, [&keys](std::string_view key) { keys.emplace_back(key); });
  }
  const auto result = Napi::Array::New(env, keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) result.Set(i, Napi::String::New(env, keys[i]));
  return result;
}

Napi::Value StoreObject::acquireLease(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  DiskTier* const tier = handle_.disk();
  const Key key(info.Env(), info[0]);
  Leases::Result result = Leases::Result::kUnavailable;
  if (tier != nullptr && key.ok()) {
    // The key is noted before the lease is taken, so that a lease that is held is known whatever
    // fails.
    const auto [held, isNew] = leases_.emplace(key.view());
    result = isNew ? tier->acquireLease(key.view()) : Leases::Result::kBusy;
    if (isNew && result != Leases::Result::kHeld) leases_.erase(held);
  }
  return Napi::Number::New(info.Env(), static_cast<int>(result));
}

void StoreObject::releaseLease(const Napi::CallbackInfo& info) {
  DiskTier* const tier = diskOf(info);
  if (tier == nullptr) return;
  const Key key(info.Env(), info[0]);
  if (key.ok() && leases_.erase(std::string(key.view())) > 0) tier->releaseLease(key.view());
}

void StoreObject::onDiskEvent(const Napi::CallbackInfo& info) {
  DiskTier* const tier = diskOf(info);
  if (tier == nullptr) return;
  stopDiskEvents();
  if (!info[0].IsFunction()) return;
  diskEvents_ = environmentDisk(info.Env());
  if (diskEvents_ != nullptr) listening_ = diskEvents_->listen(*tier, info[0].As<Napi::Function>());
}

void StoreObject::stopDiskEvents() {
  if (diskEvents_ == nullptr) return;
  diskEvents_->stopListening(listening_);
  diskEvents_.reset();
}

void StoreObject::leaveDisk() {
  if (inForkedChild() || !handle_) return;
  stopDiskEvents();
  for (const std::string& key : leases_) handle_.disk()->releaseLease(key);
  leases_.clear();
}

}  // namespace ebbcache
