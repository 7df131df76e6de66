// The system's heap at an alignment above malloc's.
#pragma once

#include <cstddef>

namespace ebbcache::test {

/// Returns null when the system refuses. `alignment` MUST be a power of two, at least a pointer's.
void* allocateAligned(size_t bytes, size_t alignment) noexcept;
/// `memory` may be null.
void freeAligned(void* memory) noexcept;

}  // namespace ebbcache::test
