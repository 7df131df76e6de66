// mmap with an alignment above the page's: it maps more, and cuts off both ends.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace ebbcache {

/// Maps `bytes` of anonymous memory at a multiple of `alignment` (a power of two); returns null
/// when refused.
inline void* mapAligned(size_t bytes, size_t alignment) {
  if (bytes > SIZE_MAX - alignment) return nullptr;
  const size_t span = bytes + alignment;
  void* const raw =
      ::mmap(nullptr, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  auto* const start = static_cast<char*>(raw);
  const size_t excess = reinterpret_cast<uintptr_t>(raw) & (alignment - 1);
  const size_t head = excess == 0 ? 0 : alignment - excess;
  if (head > 0) ::munmap(start, head);
  if (span - head > bytes) ::munmap(start + head + bytes, span - head - bytes);
  return start + head;
}

/// Maps `bytes` of anonymous memory wherever the system puts them; returns null when refused.
inline void* mapPages(size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace ebbcache
