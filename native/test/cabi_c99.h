/* The C interface as C99 uses it: compiled by a C compiler, called from the C++ tests. */
#ifndef EBBCACHE_TEST_CABI_C99_H
#define EBBCACHE_TEST_CABI_C99_H

#include "ebbcache.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The options that EBBCACHE_OPTIONS_INIT stands for in C. */
struct ebbcache_options defaultOptionsInC(void);

/* Opens a store, puts, gets, views, removes and closes. Null, or what went wrong. */
const char* roundTripInC(const struct ebbcache_api* api);

#ifdef __cplusplus
}
#endif

#endif
