// Memory from the operating system and back to it: never the heap, so that what is given back is
// gone from the resident set at once.
#pragma once

#include <cstddef>

namespace ebbcache {

/// Where a store takes its memory from. Thread-safe.
class MemorySource {
 public:
  virtual ~MemorySource() = default;

  /// Zeroed, readable, writable, page-aligned memory; null when the system refuses. `bytes` is a
  /// positive multiple of pageBytes().
  virtual void* map(size_t bytes) = 0;

  /// Gives back what map returned, whole; the resident set falls before this returns.
  virtual void unmap(void* memory, size_t bytes) = 0;

  virtual size_t pageBytes() const = 0;
};

/// The operating system itself. The object has no state and is never destroyed.
MemorySource& osMemory();

}  // namespace ebbcache
