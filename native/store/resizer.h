// Changes how much a store may hold: its maxBytes, its budget under pressure, and the bytes that it
// holds now.
//
// Where readers still use evicted entries, these calls wait for them, and release the store's mutex
// for that time: memory that they make the store give back is back with the system on return.
#pragma once

#include <cstdint>
#include <mutex>

#include "store/evictor.h"
#include "store/space_allocator.h"
#include "store/store_core.h"
#include "store/store_results.h"

namespace ebbcache {

/// For every call the mutex of large entries and `lock`, a lock of the store's mutex, MUST be held.
class Resizer {
 public:
  using Lock = std::unique_lock<std::mutex>;

  Resizer(StoreCore& core, Evictor& evictor, SpaceAllocator& allocator)
      : core_(core), evictor_(evictor), allocator_(allocator) {}

  // These do the work of Store's methods of the same names.

  bool resize(Lock& lock, uint64_t maxBytes);
  uint64_t shrink(Lock& lock, uint64_t bytes);
  Shrinkage setBudget(Lock& lock, uint64_t from, uint64_t to);
  Shrinkage trimPayload(Lock& lock, uint64_t bytes);

 private:
  uint64_t maxBytes() const { return core_.maxBytes.load(std::memory_order_relaxed); }

  /// Does the same as SpaceAllocator::shrinkHeldTo(), but on return the memory is back with the
  /// system. Returns the number of evictions.
  uint64_t shrinkWholly(Lock& lock, uint64_t target);
  /// Does the same as shrinkWholly(), and sets the budget, which is never below the held bytes
  /// meanwhile. Returns the number of evictions.
  uint64_t holdWithin(Lock& lock, uint64_t budget);

  /// Whether slabs or tables are far too large or too small for a new size.
  bool isFarFrom(const Layout& layout, uint64_t maxBytes) const;
  bool growTables(uint64_t maxBytes);

  // A rebuild moves all entries to another arena, while readers continue. It stays within the
  // memory's budget and, where the store may not grow, within what it held, or `minBytes` if that
  // is more. Entries that do not fit are evicted, the oldest first.

  bool rebuildWithin(uint64_t minBytes, Lock& lock, const Layout& layout, uint64_t maxBytes);
  bool rebuild(Lock& lock, const Layout& layout, uint64_t maxBytes);
  /// The bytes of an arena of that layout with all present entries.
  uint64_t bytesIn(const Layout& layout, uint64_t maxBytes) const;

  StoreCore& core_;
  Evictor& evictor_;
  SpaceAllocator& allocator_;
};

}  // namespace ebbcache
