#include "addon/file_lock_object.h"

#include <string>

namespace ebbcache {
namespace {

/// Does nothing where no exception can be thrown any more: in an environment that is torn down.
void throwError(Napi::Env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
}

}  // namespace

Napi::Function FileLockObject::init(Napi::Env env) {
  return DefineClass(
      env, "FileLock",
      {
          InstanceMethod<
              &FileLockObject::guardedMethod<&FileLockObject::tryLock<LockKind::kExclusive>>>(
              "tryExclusive"),
          InstanceMethod<
              &FileLockObject::guardedMethod<&FileLockObject::tryLock<LockKind::kShared>>>(
              "tryShared"),
          InstanceMethod<&FileLockObject::guardedMethod<&FileLockObject::close>>("close"),
      });
}

FileLockObject::FileLockObject(const Napi::CallbackInfo& info) : GuardedWrap<FileLockObject>(info) {
  // Here and not around it, so that what was made so far ends as after any error.
  guarded(info.Env(), [&] { open(info); });
}

void FileLockObject::open(const Napi::CallbackInfo& info) {
  std::string path;
  if (info[0].IsString()) path = info[0].As<Napi::String>().Utf8Value();
  if (path.empty() || path.find('\0') != std::string::npos) {
    throwError(info.Env(), "ERR_EBBCACHE_ARGUMENT", "The lock's path must be a path.");
    return;
  }
  std::string why;
  if (!lock_.open(path, why)) {
    throwError(info.Env(), "ERR_EBBCACHE_LOCK",
               "The lock file '" + path + "' cannot be opened: " + why + ".");
  }
}

template <LockKind kKind>
Napi::Value FileLockObject::tryLock(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!lock_.isOpen()) {
    throwError(env, "ERR_EBBCACHE_CLOSED", "The lock is closed.");
    return {};
  }
  std::string why;
  const LockResult result = lock_.tryLock(kKind, why);
  if (result == LockResult::kFailed) {
    throwError(env, "ERR_EBBCACHE_LOCK", "The lock file cannot be locked: " + why + ".");
    return {};
  }
  return Napi::Boolean::New(env, result == LockResult::kHeld);
}

void FileLockObject::close(const Napi::CallbackInfo& /*info*/) {
  lock_.close();
}

}  // namespace ebbcache
