// Keeps what seldom runs out of what often does.
#pragma once

/// The callers of such a function spare no registers for it.
#if defined(_MSC_VER)
#define EBBCACHE_NOINLINE __declspec(noinline)
#else
#define EBBCACHE_NOINLINE __attribute__((noinline))
#endif

/// The condition seldom holds: what does not follow from it comes first.
#if defined(_MSC_VER)
#define EBBCACHE_SELDOM(condition) (condition)
#else
#define EBBCACHE_SELDOM(condition) (__builtin_expect(static_cast<long>(condition), 0L) != 0)
#endif
