// Threads that belong to no JavaScript environment. They use a store until the last environment
// that loaded this addon ends, or until a test asks them to stop.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ebbcache_node.h"
#include "externals.h"
#include "forks.h"

namespace {

struct Keeper {
  std::mutex mutex;
  int environments = 0;
  const ebbcache_api* api = nullptr;
  ebbcache_store* store = nullptr;
  std::vector<std::thread> threads;
  std::atomic<bool> stopping{false};
  std::atomic<int64_t> turns{0};
  std::atomic<int64_t> failures{0};
};

// It is never destroyed: process.exit() runs no cleanup hooks, and the threads may run to the end.
Keeper& keeper = *new Keeper();

void use(const ebbcache_api* api, ebbcache_store* store, int number) {
  char buffer[64];
  for (int64_t i = 0; !keeper.stopping; ++i) {
    const std::string key = "native" + std::to_string((i + number) % 1000);
    // The value is a small number in msgpack.
    const auto value = static_cast<unsigned char>(i % 128);
    if (api->put(store, key.data(), key.size(), &value, 1, 0, 0) != EBBCACHE_OK ||
        api->get(store, key.data(), key.size(), buffer, sizeof buffer, nullptr) < 0) {
      ++keeper.failures;
    }
    // The store is opened and closed as well: nothing may depend on the environment's own handles.
    if (i % 500 == 0) {
      ebbcache_options options = EBBCACHE_OPTIONS_INIT;
      options.max_bytes = 1 << 20;
      ebbcache_store* own = nullptr;
      if (api->open(&options, &own, nullptr, 0) != EBBCACHE_OK) ++keeper.failures;
      api->close(own);
    }
    ++keeper.turns;
  }
}

void stopLocked() {
  keeper.stopping = true;
  for (std::thread& thread : keeper.threads) thread.join();
  keeper.threads.clear();
  if (keeper.api != nullptr) keeper.api->close(keeper.store);
  keeper.api = nullptr;
  keeper.store = nullptr;
}

/// (api, name, maxBytes): opens the store, without ebb, and has two threads use it.
napi_value start(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  char name[64] = "";
  double maxBytes = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const ebbcache_api* const api = ebbcache_api_from_napi(env, arguments[0]);
  if (api == nullptr) return nullptr;
  napi_get_value_string_utf8(env, arguments[1], name, sizeof name, nullptr);
  napi_get_value_double(env, arguments[2], &maxBytes);

  const std::lock_guard<std::mutex> lock(keeper.mutex);
  stopLocked();
  ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  options.name = name;
  options.max_bytes = static_cast<uint64_t>(maxBytes);
  options.ebb = 0;
  char why[256];
  if (api->open(&options, &keeper.store, why, sizeof why) != EBBCACHE_OK) {
    napi_throw_error(env, nullptr, why);
    return nullptr;
  }
  keeper.api = api;
  keeper.stopping = false;
  for (int number = 0; number < 2; ++number) {
    keeper.threads.emplace_back(use, api, keeper.store, number);
  }
  return nullptr;
}

/// (): returns the number of rounds that the threads have made.
napi_value turns(napi_env env, napi_callback_info /*info*/) {
  napi_value result = nullptr;
  napi_create_int64(env, keeper.turns, &result);
  return result;
}

/// (): joins the threads and closes the store; returns how many calls failed.
napi_value stop(napi_env env, napi_callback_info /*info*/) {
  const std::lock_guard<std::mutex> lock(keeper.mutex);
  stopLocked();
  napi_value result = nullptr;
  napi_create_int64(env, keeper.failures.exchange(0), &result);
  return result;
}

/// Returns how many functions of the table are not refused.
int useAllForked() {
  const ebbcache_api* const api = keeper.api;
  ebbcache_store* const store = keeper.store;
  char buffer[16];
  size_t bytes = 0;
  ebbcache_store* own = nullptr;
  ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  options.max_bytes = 1 << 20;
  ebbcache_stats stats = {};
  stats.size = sizeof stats;
  ebbcache_memory memory = {};
  memory.size = sizeof memory;
  const ebbcache_status statuses[] = {
      api->get(store, "key", 3, buffer, sizeof buffer, &bytes),
      api->put(store, "key", 3, "value", 5, 0, 0),
      api->remove(store, "key", 3),
      api->clear(store),
      api->stats(store, &stats),
      api->memory(&memory, nullptr, 0),
      api->open(&options, &own, nullptr, 0),
  };
  int used = 0;
  for (const ebbcache_status status : statuses) used += status != EBBCACHE_FORKED ? 1 : 0;
  api->close(store);
  return used;
}

/// (): returns the exit code of a child that uses and closes the store: 0 when all was refused.
napi_value forkKept(napi_env env, napi_callback_info /*info*/) {
  napi_value result = nullptr;
  napi_create_int32(env, endOfForked(useAllForked), &result);
  return result;
}

void leave(void* /*unused*/) {
  const std::lock_guard<std::mutex> lock(keeper.mutex);
  if (--keeper.environments == 0) stopLocked();
}

void addFunction(napi_env env, napi_value exports, const char* name, napi_callback call) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  {
    const std::lock_guard<std::mutex> lock(keeper.mutex);
    ++keeper.environments;
  }
  napi_add_env_cleanup_hook(env, leave, nullptr);
  addFunction(env, exports, "makeExternals", makeExternals);
  addFunction(env, exports, "checkApi", checkApi);
  addFunction(env, exports, "start", start);
  addFunction(env, exports, "turns", turns);
  addFunction(env, exports, "stop", stop);
  addFunction(env, exports, "fork", forkKept);
  return exports;
}
