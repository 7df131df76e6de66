// Keeps what seldom runs out of what often does.
#pragma once

/// Of a function: its callers spare no registers for it.
#if defined(_MSC_VER)
#define EBBCACHE_NOINLINE __declspec(noinline)
#else
#define EBBCACHE_NOINLINE __attribute__((noinline))
#endif
