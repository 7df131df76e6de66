#include "aligned_heap.h"

#include <cstdlib>

namespace ebbcache::test {

void* allocateAligned(size_t bytes, size_t alignment) noexcept {
  void* memory = nullptr;
  return ::posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) == 0 ? memory : nullptr;
}

void freeAligned(void* memory) noexcept {
  std::free(memory);
}

}  // namespace ebbcache::test
