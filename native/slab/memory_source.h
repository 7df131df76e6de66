// Memory from the operating system, never from the heap, so that memory that is given back leaves
// the resident set at once.
#pragma once

#include <cstddef>

namespace ebbcache {

/// The source of a store's memory. Thread-safe.
class MemorySource {
 public:
  virtual ~MemorySource() = default;

  /// Maps zeroed, readable, writable, page-aligned memory; returns null when the system refuses.
  /// `bytes` MUST be a positive multiple of pageBytes().
  virtual void* map(size_t bytes) = 0;

  /// Maps memory in pages so small that the first touch of one is never long, whatever its
  /// neighbours are; where the system has no others, the same as map().
  virtual void* mapSmall(size_t bytes) { return map(bytes); }

  /// Gives back a whole mapping of map() or mapSmall(); the resident set falls before this returns.
  virtual void unmap(void* memory, size_t bytes) = 0;

  virtual size_t pageBytes() const = 0;

  /// The size of the large pages that map() uses for multiples of it; 0 where it uses none.
  virtual size_t hugePageBytes() const { return 0; }
};

/// The operating system as a source. The object has no state and is never destroyed.
MemorySource& osMemory();

}  // namespace ebbcache
