// The system's heap at an alignment above malloc's.
#pragma once

#include <cstddef>

namespace ebbcache::test {

/// Null when the system refuses. `alignment` is a power of two, at least a pointer's.
void* allocateAligned(size_t bytes, size_t alignment) noexcept;
/// Null is allowed.
void freeAligned(void* memory) noexcept;

}  // namespace ebbcache::test
