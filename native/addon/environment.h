// The state of one JavaScript environment (that of the main thread or of a worker).
#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment_disk.h"
#include "addon/environment_flights.h"
#include "addon/environment_removals.h"
#include "addon/open_stores.h"
#include "codec/json_writer.h"
#include "codec/recent_projections.h"
#include "runtime/runtime.h"

namespace ebbcache {

/// A buffer of JavaScript, kept here so that it need not be passed with each call. Its owner MUST
/// neither detach nor resize it.
struct SharedBuffer {
  Napi::Reference<Napi::Uint8Array> reference;
  char* bytes = nullptr;
  size_t capacity = 0;
};

/// The bytes of Environment::knownBuffer:
///
///   0              8          12       16        20      24
///   +--------------+----------+--------+---------+-------+
///   | fingerprint  | pressed  | place  | counter | epoch |
///   +--------------+----------+--------+---------+-------+
constexpr size_t kKnownBytes = 24;

/// MUST NOT be destroyed in a forked child.
struct Environment {
  /// Keeps the process's runtime alive as long as this environment.
  std::shared_ptr<Runtime> runtime = Runtime::current();

  // Several instances of the JavaScript may share one environment. These two are made here, and
  // each instance is given the same ones.

  /// The buffer of reads, unless another one was lent for a read.
  SharedBuffer defaultReadBuffer;
  /// The buffer in which the states of files are exchanged.
  SharedBuffer stateBuffer;

  /// The current buffer of reads.
  SharedBuffer readBuffer;
  /// The buffer of writes: that of the instance that wrote last.
  SharedBuffer writeBuffer;
  /// The fingerprint of a value that JavaScript knows, and then that of the value that was read,
  /// with whether there is memory pressure, and what ChangeCounters had before the read.
  SharedBuffer knownBuffer;
  /// What this thread needs to encode and decode values.
  CodecBuffers codecBuffers;
  RecentProjections projections;
  /// Made with the first JSON.
  std::unique_ptr<JsonWriter> jsonWriter;
  /// An object of JavaScript whose property `write` is that buffer.
  Napi::ObjectReference kept;

  /// Shared with the objects of the stores, which may be finalized in any order.
  std::shared_ptr<OpenStores> stores = std::make_shared<OpenStores>();

  /// Made with the first flight.
  std::unique_ptr<EnvironmentFlights> flights;

  /// Made with the first flush, or the first listener to a disk tier's events; shared as `stores`
  /// is.
  std::shared_ptr<EnvironmentDisk> disk;

  /// Made with the first listener to removals; shared as `stores` is.
  std::shared_ptr<EnvironmentRemovals> removals;

  /// A read to the current buffer.
  CodedStore::Reading reading(CodedStore::Names names) {
    return {readBuffer.bytes, readBuffer.capacity, names, codecBuffers};
  }

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace ebbcache
