// What one JavaScript environment (the main thread's or a worker's) has of its own.
#pragma once

#include <napi.h>

#include <memory>

#include "runtime/runtime.h"

namespace ebbcache {

struct Environment {
  /// Keeps the process's runtime alive as long as this environment.
  std::shared_ptr<Runtime> runtime = Runtime::current();

  /// Where reads copy to: a buffer of JavaScript's, kept here so that it need not be passed.
  Napi::Reference<Napi::Uint8Array> readBuffer;
  char* readBytes = nullptr;
  size_t readCapacity = 0;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace ebbcache
