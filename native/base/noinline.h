// Macros that keep rarely executed code out of the frequent paths.
#pragma once

/// The callers of such a function keep no registers free for it.
#if defined(_MSC_VER)
#define EBBCACHE_NOINLINE __declspec(noinline)
#else
#define EBBCACHE_NOINLINE __attribute__((noinline))
#endif

/// Marks a condition that seldom holds: the compiler lays out the other branch first.
#if defined(_MSC_VER)
#define EBBCACHE_SELDOM(condition) (condition)
#else
#define EBBCACHE_SELDOM(condition) (__builtin_expect(static_cast<long>(condition), 0L) != 0)
#endif
