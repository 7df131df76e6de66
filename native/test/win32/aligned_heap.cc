#include "aligned_heap.h"

#include <malloc.h>

namespace ebbcache::test {

void* allocateAligned(size_t bytes, size_t alignment) noexcept {
  return ::_aligned_malloc(bytes == 0 ? 1 : bytes, alignment);
}

void freeAligned(void* memory) noexcept {
  ::_aligned_free(memory);
}

}  // namespace ebbcache::test
