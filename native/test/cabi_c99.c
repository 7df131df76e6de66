#include "cabi_c99.h"

#include <string.h>

struct ebbcache_options defaultOptionsInC(void) {
  struct ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  return options;
}

static void countBytes(void* context, const void* value, size_t bytes) {
  *(size_t*)context += value != NULL ? bytes : 0;
}

static const char* useStore(const struct ebbcache_api* api, ebbcache_store* store) {
  char buffer[16];
  size_t bytes = 0;
  size_t seen = 0;
  struct ebbcache_stats stats = {0};
  stats.size = (uint32_t)sizeof stats;

  if (api->put(store, "key", 3, "value", 5, 0, 0) != EBBCACHE_OK) return "put";
  if (api->get(store, "key", 3, buffer, sizeof buffer, &bytes) != EBBCACHE_OK) return "get";
  if (bytes != 5 || memcmp(buffer, "value", 5) != 0) return "another value";
  if (api->view(store, "key", 3, countBytes, &seen) != EBBCACHE_OK || seen != 5) return "view";
  if (api->stats(store, &stats) != EBBCACHE_OK || stats.hits != 2) return "stats";
  if (api->remove(store, "key", 3) != EBBCACHE_OK) return "remove";
  if (api->has(store, "key", 3) != EBBCACHE_MISS) return "has";
  return NULL;
}

const char* roundTripInC(const struct ebbcache_api* api) {
  struct ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  ebbcache_store* store = NULL;
  const char* wrong;

  if (!ebbcache_api_fits(api)) return "the table does not fit";
  options.max_bytes = 1u << 20;
  options.ebb = 0;
  if (api->open(&options, &store, NULL, 0) != EBBCACHE_OK) return "open";
  wrong = useStore(api, store);
  api->close(store);
  return wrong;
}
