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

  /// The same in pages so small that the first touch of one is never long, whatever its neighbours
  /// are; where the system has no others, what map gives.
  virtual void* mapSmall(size_t bytes) { return map(bytes); }

  /// Gives back what either returned, whole; the resident set falls before this returns.
  virtual void unmap(void* memory, size_t bytes) = 0;

  virtual size_t pageBytes() const = 0;

  /// The size of the large pages that map gives to multiples of them; 0 where it gives none.
  virtual size_t hugePageBytes() const { return 0; }
};

/// The operating system itself. The object has no state and is never destroyed.
MemorySource& osMemory();

}  // namespace ebbcache
