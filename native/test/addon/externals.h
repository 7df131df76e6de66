/* Externals that are not, or not quite, what nativeApi() returns. */
#ifndef EBBCACHE_TEST_EXTERNALS_H
#define EBBCACHE_TEST_EXTERNALS_H

#include <node_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns { untagged, otherTag, nextVersion, smaller }, each an external. */
napi_value makeExternals(napi_env env, napi_callback_info info);

/* (api): returns undefined where ebbcache_api_from_napi accepts it; else throws its exception. */
napi_value checkApi(napi_env env, napi_callback_info info);

#ifdef __cplusplus
}
#endif

#endif
