/* Externals that are not, or not quite, what nativeApi() returns. */
#ifndef EBBCACHE_TEST_EXTERNALS_H
#define EBBCACHE_TEST_EXTERNALS_H

#include <node_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* { untagged, otherTag, nextVersion, smaller }, externals each. */
napi_value makeExternals(napi_env env, napi_callback_info info);

/* (api): what ebbcache_api_from_napi makes of it: undefined, or its exception. */
napi_value checkApi(napi_env env, napi_callback_info info);

#ifdef __cplusplus
}
#endif

#endif
