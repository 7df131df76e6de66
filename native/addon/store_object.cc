#include "addon/store_object.h"

#include <string>
#include <string_view>
#include <vector>

#include "addon/environment.h"
#include "addon/forked.h"
#include "addon/numbers.h"
#include "process/forked_child.h"
#include "runtime/stats_fields.h"

namespace ebbcache {
namespace {

/// Unknown, which has no effect, for anything that is no level.
PressureLevel toLevel(const Napi::Value& value) {
  const uint64_t number = toCount(value);
  return number <= static_cast<uint64_t>(PressureLevel::kCritical)
             ? static_cast<PressureLevel>(number)
             : PressureLevel::kUnknown;
}

uint64_t countIn(const Napi::Object& options, const char* name) {
  return toCount(options.Get(name));
}

/// Empty for anything but a string; the exception of a getter stays pending.
std::string textIn(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (value.IsEmpty() || !value.IsString()) return {};
  return value.As<Napi::String>().Utf8Value();
}

bool flagIn(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  return !value.IsEmpty() && value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

void readAdopted(const Napi::Object& options, AdoptedSizes& out) {
  const Napi::Value given = options.Get("adopts");
  if (given.IsEmpty() || !given.IsObject()) return;
  const auto adopts = given.As<Napi::Object>();
  out.maxBytes = flagIn(adopts, "maxBytes");
  out.maxEntries = flagIn(adopts, "maxEntries");
  out.diskBytes = flagIn(adopts, "diskBytes");
}

void readDisk(const Napi::Object& options, SharedDiskOptions& out) {
  const Napi::Value given = options.Get("disk");
  if (given.IsEmpty() || !given.IsObject()) return;
  const auto disk = given.As<Napi::Object>();
  out.tier.dir = textIn(disk, "dir");
  out.tier.maxBytes = countIn(disk, "maxBytes");
  out.tier.kind = textIn(disk, "kind") == "records" ? RingKind::kRecords : RingKind::kValues;
  out.coherent = flagIn(disk, "coherent");
}

/// Does nothing where no exception can be thrown any more: in an environment that is torn down.
void throwError(Napi::Env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
}

const char* codeOf(OpenError::Kind kind) {
  switch (kind) {
    case OpenError::Kind::kForked:
      return "ERR_EBBCACHE_FORKED";
    case OpenError::Kind::kConflict:
      return "ERR_EBBCACHE_CONFLICT";
    default:
      return "ERR_EBBCACHE_OPEN";
  }
}

Napi::Object causesOf(Napi::Env env, const PressureCounts& counts) {
  const auto result = Napi::Object::New(env);
  const auto put = [&](const char* name, PressureCause cause) {
    const PressureCount& count = counts[cause];
    const auto each = Napi::Object::New(env);
    each.Set("events", Napi::Number::New(env, static_cast<double>(count.events)));
    each.Set("evictions", Napi::Number::New(env, static_cast<double>(count.evictions)));
    result.Set(name, each);
  };
  put("elevated", PressureCause::kElevated);
  put("high", PressureCause::kHigh);
  put("critical", PressureCause::kCritical);
  put("request", PressureCause::kRequest);
  return result;
}

}  // namespace

Napi::Function StoreObject::init(Napi::Env env) {
  return DefineClass(
      env, "Store",
      {
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::clear>>("clear"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::scan>>("scan"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::resize>>("resize"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::setMaxEntries>>("setMaxEntries"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::shrink>>("shrink"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::applyPressure>>("applyPressure"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::holdPressure>>("holdPressure"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::stats>>("stats"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::dictionaryNames>>(
              "dictionaryNames"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::takeNewEvictions>>(
              "takeNewEvictions"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::setTime>>("setTime"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::forgetExpired>>("forgetExpired"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::close>>("close"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::onRemovals>>("onRemovals"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::countChanges>>("countChanges"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::flush>>("flush"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::settleDisk>>("settleDisk"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::diskStats>>("diskStats"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::diskCounters>>("diskCounters"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::addToDiskCounters>>(
              "addToDiskCounters"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::resizeDisk>>("resizeDisk"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::keysOfPlace>>("keysOfPlace"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::acquireLease>>("acquireLease"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::releaseLease>>("releaseLease"),
          InstanceMethod<&StoreObject::guardedMethod<&StoreObject::onDiskEvent>>("onDiskEvent"),
      });
}

StoreObject::StoreObject(const Napi::CallbackInfo& info)
    : GuardedWrap<StoreObject>(info), stores_(Environment::of(info.Env()).stores) {
  // The guard is here and not around the constructor, so that the members made so far are destroyed
  // as after any error.
  guarded(info.Env(), [&] { open(info); });
}

StoreObject::~StoreObject() {
  leaveTime();
  stopRemovals();
  stopCountingChanges();
  leaveDisk();
  stores_->remove(id_);
}

void StoreObject::open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throwError(env, "ERR_EBBCACHE_ARGUMENT", "The store's options must be an object.");
    return;
  }
  const auto given = info[0].As<Napi::Object>();
  SharedStoreOptions options;
  options.store.maxBytes = countIn(given, "maxBytes");
  options.store.maxEntries = countIn(given, "maxEntries");
  options.store.defaultTtlMs = countIn(given, "ttl");
  options.store.policy = textIn(given, "policy") == "s3fifo" ? Policy::kS3Fifo : Policy::kLru;
  options.name = textIn(given, "name");
  options.namedByFolder = flagIn(given, "namedByFolder");
  options.ebb = flagIn(given, "ebb");
  options.minBytes = countIn(given, "minBytes");
  options.prefixBytes = countIn(given, "prefixBytes");
  readDisk(given, options.disk);
  readAdopted(given, options.adopts);
  if (env.IsExceptionPending()) return;
  OpenError error;
  handle_ = Environment::of(env).runtime->open(options, error);
  if (!handle_) {
    throwError(env, codeOf(error.kind), error.sentence);
    return;
  }
  id_ = stores_->add({&handle_.coded(), flagIn(given, "compact") ? CodedStore::Form::kCompact
                                                                 : CodedStore::Form::kPlain});
  info.This().As<Napi::Object>().Set("id", Napi::Number::New(env, id_));
}

bool StoreObject::isOpen(const Napi::CallbackInfo& info) const {
  if (refusesForked(info.Env())) return false;
  if (handle_) return true;
  throwError(info.Env(), "ERR_EBBCACHE_CLOSED", "The store is closed.");
  return false;
}

void StoreObject::clear(const Napi::CallbackInfo& info) {
  if (isOpen(info)) handle_.coded().clear();
}

Napi::Value StoreObject::scan(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  // The keys are copied first: no JavaScript value is made while the store is locked.
  constexpr size_t kBatch = 128;
  std::vector<std::string> keys;
  uint64_t cursor = toCount(info[0]);
  do {
    cursor =
        handle_.coded().scan(cursor, [&keys](std::string_view key) { keys.emplace_back(key); });
  } while (cursor != 0 && keys.size() < kBatch);
  const auto batch = Napi::Array::New(env, keys.size() + 1);
  batch.Set(uint32_t{0}, Napi::Number::New(env, static_cast<double>(cursor)));
  for (uint32_t i = 0; i < keys.size(); ++i) batch.Set(i + 1, Napi::String::New(env, keys[i]));
  return batch;
}

Napi::Value StoreObject::resize(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  return Napi::Boolean::New(info.Env(), handle_.resize(toCount(info[0])));
}

void StoreObject::setMaxEntries(const Napi::CallbackInfo& info) {
  if (isOpen(info)) handle_.memory().setMaxEntries(toCount(info[0]));
}

Napi::Value StoreObject::shrink(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  return Napi::Number::New(info.Env(),
                           static_cast<double>(handle_.memory().shrink(toCount(info[0]))));
}

Napi::Value StoreObject::applyPressure(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  const uint64_t released = handle_.applyPressure(toLevel(info[0]));
  return Napi::Number::New(info.Env(), static_cast<double>(released));
}

Napi::Value StoreObject::holdPressure(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  const uint64_t released = handle_.holdPressure(toLevel(info[0]));
  return Napi::Number::New(info.Env(), static_cast<double>(released));
}

Napi::Value StoreObject::stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  const auto [stats, codec, pressure] = handle_.stats();
  const auto result = Napi::Object::New(env);
  const auto put = [&](const char* name, uint64_t value) {
    result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  for (const auto& field : kStoreStatsFields) put(field.name, stats.*field.member);
  for (const auto& field : kCodecStatsFields) put(field.name, codec.*field.member);
  put("pressureEvents", pressure.events());
  put("pressureReductions", pressure.reductions);
  result.Set("pressureCauses", causesOf(env, pressure));
  return result;
}

Napi::Value StoreObject::dictionaryNames(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(info)) return {};
  const auto id = static_cast<uint32_t>(toCount(info[0]));
  const std::shared_ptr<const Dictionary> dictionary = handle_.coded().codec().dictionary(id);
  if (dictionary == nullptr) return env.Undefined();
  const auto names = Napi::Array::New(env, dictionary->nameCount());
  for (uint32_t i = 0; i < dictionary->nameCount(); ++i) {
    names.Set(i, Napi::String::New(env, std::string(dictionary->name(i))));
  }
  return names;
}

Napi::Value StoreObject::takeNewEvictions(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return {};
  const NewEvictions taken = handle_.takeNewEvictions();
  const auto result = Napi::Array::New(info.Env(), 2);
  result.Set(uint32_t{0}, static_cast<double>(taken.all));
  result.Set(uint32_t{1}, static_cast<double>(taken.byEntries));
  return result;
}

void StoreObject::setTime(const Napi::CallbackInfo& info) {
  if (!isOpen(info)) return;
  hasGivenTime_ = info[0].IsNumber();
  if (hasGivenTime_) {
    handle_.giveTime(toTime(info[0]));
  } else {
    handle_.giveNoTime();
  }
}

void StoreObject::leaveTime() {
  if (inForkedChild() || !handle_ || !hasGivenTime_) return;
  handle_.giveNoTime();
  hasGivenTime_ = false;
}

void StoreObject::forgetExpired(const Napi::CallbackInfo& info) {
  if (isOpen(info)) handle_.memory().removeExpired();
}

void StoreObject::close(const Napi::CallbackInfo& /*info*/) {
  leaveTime();
  stopRemovals();
  stopCountingChanges();
  leaveDisk();
  stores_->remove(id_);
  handle_.close();
}

}  // namespace ebbcache
