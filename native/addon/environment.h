// What one JavaScript environment (the main thread's or a worker's) has of its own.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment_disk.h"
#include "addon/environment_flights.h"
#include "addon/environment_removals.h"
#include "addon/open_stores.h"
#include "runtime/runtime.h"

namespace ebbcache {

/// A buffer of JavaScript's, kept here so that it need not be passed with each call. Whoever has it
/// must neither detach nor resize it.
struct SharedBuffer {
  Napi::Reference<Napi::Uint8Array> reference;
  char* bytes = nullptr;
  size_t capacity = 0;
};

/// It must not be destroyed in a forked child.
struct Environment {
  /// Keeps the process's runtime alive as long as this environment.
  std::shared_ptr<Runtime> runtime = Runtime::current();

  // Several instances of the JavaScript may share one environment. These two are made here, and
  // each instance is given the same ones.

  /// Where reads copy to, unless another buffer was lent for one.
  SharedBuffer ownReadBuffer;
  /// Where the states of files are left, and found.
  SharedBuffer stateBuffer;

  /// Where reads copy to now.
  SharedBuffer readBuffer;
  /// Where writes copy from: the buffer of the instance that wrote last.
  SharedBuffer writeBuffer;
  /// An object for JavaScript that says in `write` which one that is.
  Napi::ObjectReference kept;

  /// Shared with the objects of the stores, which may be finalized in any order.
  std::shared_ptr<OpenStores> stores = std::make_shared<OpenStores>();

  /// From the first flight on.
  std::unique_ptr<EnvironmentFlights> flights;

  /// From the first flush, or the first who is told a disk tier's news, on; shared as `stores` is.
  std::shared_ptr<EnvironmentDisk> disk;

  /// From the first who is told what leaves a store on; shared as `stores` is.
  std::shared_ptr<EnvironmentRemovals> removals;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace ebbcache
