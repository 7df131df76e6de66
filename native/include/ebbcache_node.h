/*
 * Unpacks what ebbcache's nativeApi() returned, in a native addon: the table of ebbcache.h. Needs
 * Node-API 8 (NAPI_VERSION 8 or more); plain C99, no C++ wrapper of Node-API needed.
 */
#ifndef EBBCACHE_NODE_H
#define EBBCACHE_NODE_H

#include <node_api.h>

#include "ebbcache.h"

#if !defined(NAPI_VERSION) || NAPI_VERSION < 8
#error "ebbcache_node.h needs NAPI_VERSION 8 or more: type tags."
#endif

/* The mark of ebbcache's external: what has it holds a `const struct ebbcache_api*`. */
static const napi_type_tag ebbcache_api_type_tag = {0xebbcac4e5d1c4a1bULL, 0x9f06b7e2a8d34c75ULL};

/* NOLINTBEGIN(modernize-use-nullptr): this is C */

/*
 * The table, valid until the process ends. Null with a JavaScript exception pending: a TypeError
 * for anything but what nativeApi() returned, an Error for a table of another version; both have
 * the code ERR_EBBCACHE_ARGUMENT. Only on the thread of `env`.
 */
static inline const struct ebbcache_api* ebbcache_api_from_napi(napi_env env, napi_value value) {
  napi_valuetype type;
  bool tagged = false;
  void* data = NULL;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external ||
      napi_check_object_type_tag(env, value, &ebbcache_api_type_tag, &tagged) != napi_ok ||
      !tagged || napi_get_value_external(env, value, &data) != napi_ok) {
    napi_throw_type_error(env, "ERR_EBBCACHE_ARGUMENT",
                          "This is not ebbcache's native interface. Pass what nativeApi() of the "
                          "package ebbcache returns.");
    return NULL;
  }
  const struct ebbcache_api* const api = (const struct ebbcache_api*)data;
  if (!ebbcache_api_fits(api)) {
    napi_throw_error(env, "ERR_EBBCACHE_ARGUMENT",
                     "This ebbcache has another native interface than the one that the addon was "
                     "built for. Build the addon with the ebbcache.h of the ebbcache installed.");
    return NULL;
  }
  return api;
}

/* NOLINTEND(modernize-use-nullptr) */

#endif
