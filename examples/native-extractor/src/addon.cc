// The addon's interface for JavaScript, in plain Node-API: open, extract, find, stats, close. Every
// environment (the main thread, each worker) has its own extractor.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ebbcache_node.h"
#include "extractor.h"

namespace {

struct Instance {
  const ebbcache_api* api = nullptr;
  std::unique_ptr<Extractor> extractor;
  /// Passes the results of threads to JavaScript's thread.
  napi_threadsafe_function deliver = nullptr;
  /// The number of promises that are not settled; while there are any, the event loop is kept
  /// alive.
  uint64_t pending = 0;
};

struct Finished {
  napi_deferred promise;
  Counts counts;
};

Instance& instanceOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Instance*>(data);
}

std::string textOf(napi_env env, napi_value value) {
  size_t bytes = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &bytes) != napi_ok) return {};
  std::string text(bytes + 1, '\0');
  napi_get_value_string_utf8(env, value, text.data(), text.size(), &bytes);
  text.resize(bytes);
  return text;
}

double numberIn(napi_env env, napi_value object, const char* name, double otherwise) {
  napi_value value = nullptr;
  double number = otherwise;
  if (napi_get_named_property(env, object, name, &value) == napi_ok) {
    napi_get_value_double(env, value, &number);
  }
  return number >= 0 ? number : otherwise;
}

void setNumber(napi_env env, napi_value object, const char* name, uint64_t number) {
  napi_value value = nullptr;
  if (napi_create_double(env, static_cast<double>(number), &value) != napi_ok) return;
  napi_set_named_property(env, object, name, value);
}

/// Sets the numbers of events and evictions by level of memory pressure.
void setCauses(napi_env env, napi_value object, const ebbcache_stats& stats) {
  napi_value causes = nullptr;
  if (napi_create_object(env, &causes) != napi_ok) return;
  const auto set = [&](const char* name, const ebbcache_pressure_count& count) {
    napi_value cause = nullptr;
    if (napi_create_object(env, &cause) != napi_ok) return;
    setNumber(env, cause, "events", count.events);
    setNumber(env, cause, "evictions", count.evictions);
    napi_set_named_property(env, causes, name, cause);
  };
  set("elevated", stats.pressure_elevated);
  set("high", stats.pressure_high);
  set("critical", stats.pressure_critical);
  set("request", stats.pressure_request);
  napi_set_named_property(env, object, "pressureCauses", causes);
}

/// Returns false, with an exception pending, before open() and after close().
bool isOpen(napi_env env, const Instance& instance) {
  if (instance.extractor != nullptr) return true;
  napi_throw_error(env, nullptr, "The extractor is not open. Call open first.");
  return false;
}

/// (api, { name, maxBytes, threads = 2 }): opens the store, or throws why it cannot.
napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const ebbcache_api* const api = ebbcache_api_from_napi(env, arguments[0]);
  if (api == nullptr) return nullptr;

  napi_value name = nullptr;
  if (napi_get_named_property(env, arguments[1], "name", &name) != napi_ok) {
    napi_throw_type_error(env, nullptr, "open takes the API and { name, maxBytes, threads }.");
    return nullptr;
  }
  const std::string storeName = textOf(env, name);
  ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  options.name = storeName.c_str();
  options.max_bytes = static_cast<uint64_t>(numberIn(env, arguments[1], "maxBytes", 0));
  ebbcache_store* store = nullptr;
  char why[256];
  if (api->open(&options, &store, why, sizeof why) != EBBCACHE_OK) {
    napi_throw_error(env, nullptr, why);
    return nullptr;
  }
  Instance& instance = instanceOf(env);
  const double threads = std::clamp(numberIn(env, arguments[1], "threads", 2), 1.0, 64.0);
  instance.api = api;
  instance.extractor = std::make_unique<Extractor>(api, store, static_cast<unsigned>(threads));
  if (instance.extractor->threads() > 0) return nullptr;
  instance.extractor.reset();
  napi_throw_error(env, nullptr, "The system has no thread for the extractor.");
  return nullptr;
}

/// Runs on JavaScript's thread; `env` is null when the environment is ending.
void settle(napi_env env, napi_value /*function*/, void* /*context*/, void* data) {
  const std::unique_ptr<Finished> finished(static_cast<Finished*>(data));
  if (env == nullptr) return;
  Instance& instance = instanceOf(env);
  if (--instance.pending == 0) napi_unref_threadsafe_function(env, instance.deliver);
  napi_value counts = nullptr;
  if (napi_create_object(env, &counts) != napi_ok) return;
  setNumber(env, counts, "extracted", finished->counts.extracted);
  setNumber(env, counts, "cached", finished->counts.cached);
  setNumber(env, counts, "failed", finished->counts.failed);
  napi_resolve_deferred(env, finished->promise, counts);
}

/// (files): returns a promise of { extracted, cached, failed }.
napi_value extract(napi_env env, napi_callback_info info) {
  Instance& instance = instanceOf(env);
  size_t count = 1;
  napi_value list = nullptr;
  napi_get_cb_info(env, info, &count, &list, nullptr, nullptr);
  if (!isOpen(env, instance)) return nullptr;
  uint32_t length = 0;
  if (napi_get_array_length(env, list, &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "extract takes an array of file names.");
    return nullptr;
  }
  std::vector<std::string> files;
  for (uint32_t i = 0; i < length; ++i) {
    napi_value file = nullptr;
    if (napi_get_element(env, list, i, &file) != napi_ok) return nullptr;
    files.push_back(textOf(env, file));
  }

  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return nullptr;
  if (instance.pending++ == 0) napi_ref_threadsafe_function(env, instance.deliver);
  instance.extractor->extract(files, [deliver = instance.deliver, deferred](const Counts& counts) {
    auto finished = std::make_unique<Finished>(Finished{deferred, counts});
    if (napi_call_threadsafe_function(deliver, finished.get(), napi_tsfn_nonblocking) == napi_ok) {
      static_cast<void>(finished.release());
    }
  });
  return promise;
}

/// (key): returns the stored bytes as a Buffer, or undefined.
napi_value find(napi_env env, napi_callback_info info) {
  const Instance& instance = instanceOf(env);
  size_t count = 1;
  napi_value argument = nullptr;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (!isOpen(env, instance)) return nullptr;
  const std::string key = textOf(env, argument);
  ebbcache_store* const store = instance.extractor->store();

  std::string value(256, '\0');
  size_t bytes = 0;
  ebbcache_status status;
  do {
    status = instance.api->get(store, key.data(), key.size(), value.data(), value.size(), &bytes);
    // The value may have grown again by the next call.
    if (status == EBBCACHE_BUFFER_TOO_SMALL) value.resize(bytes);
  } while (status == EBBCACHE_BUFFER_TOO_SMALL);
  napi_value buffer = nullptr;
  if (status == EBBCACHE_OK) napi_create_buffer_copy(env, bytes, value.data(), nullptr, &buffer);
  return buffer;
}

/// (): returns the store's numbers, named as in ArenaCache.
napi_value stats(napi_env env, napi_callback_info /*info*/) {
  const Instance& instance = instanceOf(env);
  if (!isOpen(env, instance)) return nullptr;
  ebbcache_stats stats = {};
  stats.size = sizeof stats;
  const ebbcache_status status = instance.api->stats(instance.extractor->store(), &stats);
  if (status != EBBCACHE_OK) {
    napi_throw_error(env, nullptr, instance.api->status_text(status));
    return nullptr;
  }
  napi_value result = nullptr;
  if (napi_create_object(env, &result) != napi_ok) return nullptr;
  setNumber(env, result, "entries", stats.entries);
  setNumber(env, result, "payloadBytes", stats.payload_bytes);
  setNumber(env, result, "heldBytes", stats.held_bytes);
  setNumber(env, result, "budgetBytes", stats.budget_bytes);
  setNumber(env, result, "maxBytes", stats.max_bytes);
  setNumber(env, result, "maxEntries", stats.max_entries);
  setNumber(env, result, "hits", stats.hits);
  setNumber(env, result, "misses", stats.misses);
  setNumber(env, result, "puts", stats.puts);
  setNumber(env, result, "evictions", stats.evictions);
  setNumber(env, result, "evictionsByEntries", stats.evictions_by_entries);
  setNumber(env, result, "expirations", stats.expirations);
  setNumber(env, result, "pressureEvictions", stats.pressure_evictions);
  setNumber(env, result, "rejections", stats.rejections);
  setNumber(env, result, "memoryRefusals", stats.memory_refusals);
  setNumber(env, result, "pressureEvents", stats.pressure_events);
  setNumber(env, result, "pressureReductions", stats.pressure_reductions);
  setCauses(env, result, stats);
  return result;
}

/// (): joins the threads and closes the store. Files that were not begun count as failed.
napi_value close(napi_env env, napi_callback_info /*info*/) {
  Instance& instance = instanceOf(env);
  instance.extractor.reset();
  return nullptr;
}

/// The threads MUST end before Node unloads this library, which it does after a worker's end.
void joinThreads(void* data) {
  static_cast<Instance*>(data)->extractor.reset();
}

void addFunction(napi_env env, napi_value exports, const char* name, napi_callback call) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, name, function);
  }
}

}  // namespace

NAPI_MODULE_INIT() {
  auto* const instance = new Instance();
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); };
  napi_set_instance_data(env, instance, destroy, nullptr);

  napi_value name = nullptr;
  napi_create_string_utf8(env, "native-extractor", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                  settle, &instance->deliver);
  napi_unref_threadsafe_function(env, instance->deliver);
  // Hooks run last to first: the threads are joined before `deliver` is destroyed.
  napi_add_env_cleanup_hook(env, joinThreads, instance);

  addFunction(env, exports, "open", open);
  addFunction(env, exports, "extract", extract);
  addFunction(env, exports, "find", find);
  addFunction(env, exports, "stats", stats);
  addFunction(env, exports, "close", close);
  return exports;
}
