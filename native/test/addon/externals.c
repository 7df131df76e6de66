#include "externals.h"

#include "ebbcache_node.h"

static struct ebbcache_api nextVersion = {.version = EBBCACHE_API_VERSION + 1,
                                          .size = sizeof(struct ebbcache_api)};
static struct ebbcache_api smaller = {.version = EBBCACHE_API_VERSION, .size = 8};
static const napi_type_tag otherTag = {1, 2};

static void addExternal(napi_env env, napi_value object, const char* name, void* data,
                        const napi_type_tag* tag) {
  napi_value external;
  napi_create_external(env, data, NULL, NULL, &external);
  if (tag != NULL) napi_type_tag_object(env, external, tag);
  napi_set_named_property(env, object, name, external);
}

napi_value makeExternals(napi_env env, napi_callback_info info) {
  napi_value object;
  (void)info;
  napi_create_object(env, &object);
  addExternal(env, object, "untagged", &nextVersion, NULL);
  addExternal(env, object, "otherTag", &nextVersion, &otherTag);
  addExternal(env, object, "nextVersion", &nextVersion, &ebbcache_api_type_tag);
  addExternal(env, object, "smaller", &smaller, &ebbcache_api_type_tag);
  return object;
}

napi_value checkApi(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value api;
  napi_get_cb_info(env, info, &count, &api, NULL, NULL);
  ebbcache_api_from_napi(env, api);
  return NULL;
}
