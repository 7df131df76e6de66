// What one JavaScript environment (the main thread's or a worker's) has of its own.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment_flights.h"
#include "addon/open_stores.h"
#include "runtime/runtime.h"

namespace ebbcache {

/// A buffer of JavaScript's, kept here so that it need not be passed with each call.
struct KeptBuffer {
  Napi::Reference<Napi::Uint8Array> reference;
  char* bytes = nullptr;
  size_t capacity = 0;
};

/// It must not be destroyed in a forked child.
struct Environment {
  /// Keeps the process's runtime alive as long as this environment.
  std::shared_ptr<Runtime> runtime = Runtime::current();

  /// Where reads copy to, and where writes copy from.
  KeptBuffer readBuffer;
  KeptBuffer writeBuffer;
  /// Where the states of files are left, and found.
  KeptBuffer stateBuffer;

  /// Shared with the objects of the stores, which may be finalized in any order.
  std::shared_ptr<OpenStores> stores = std::make_shared<OpenStores>();

  /// From the first flight on.
  std::unique_ptr<EnvironmentFlights> flights;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace ebbcache
