// Changes how much a store may hold: its maxBytes, its budget under pressure, and what it holds
// now.
//
// Where readers are still at what was evicted, these calls wait for them, and release the store's
// mutex for that long: memory that they make the store give back is back with the system on return.
#pragma once

#include <cstdint>
#include <mutex>

#include "store/evictor.h"
#include "store/space_allocator.h"
#include "store/store_core.h"
#include "store/store_results.h"

namespace ebbcache {

/// The mutex of large entries and `lock`, which is of the store's mutex, MUST be held for every
/// call.
class Resizer {
 public:
  using Lock = std::unique_lock<std::mutex>;

  Resizer(StoreCore& core, Evictor& evictor, SpaceAllocator& allocator)
      : core_(core), evictor_(evictor), allocator_(allocator) {}

  // See the methods of Store.

  bool resize(Lock& lock, uint64_t maxBytes);
  uint64_t shrink(Lock& lock, uint64_t bytes);
  Shrinkage setBudget(Lock& lock, uint64_t from, uint64_t to);
  Shrinkage trimPayload(Lock& lock, uint64_t bytes);

 private:
  uint64_t maxBytes() const { return core_.maxBytes.load(std::memory_order_relaxed); }

  /// SpaceAllocator::shrinkHeldTo(), and on return the memory is back with the system. Returns the
  /// evictions.
  uint64_t shrinkWholly(Lock& lock, uint64_t target);
  /// shrinkWholly(), and `budget` is the budget from now on; on the way, what is held.
  uint64_t holdWithin(Lock& lock, uint64_t budget);

  /// Whether slabs or tables are far too large or too small for a new size.
  bool isFarFrom(const Layout& layout, uint64_t maxBytes) const;
  bool growTables(uint64_t maxBytes);

  // A rebuild moves all entries to another arena, while readers go on. It stays within the memory's
  // budget, and where the store may not grow, within what it held, or `minBytes` if that is more:
  // what does not fit is evicted, the oldest first.

  bool rebuildWithin(uint64_t minBytes, Lock& lock, const Layout& layout, uint64_t maxBytes);
  bool rebuild(Lock& lock, const Layout& layout, uint64_t maxBytes);
  /// Bytes of an arena of that layout with all entries that there are now.
  uint64_t bytesIn(const Layout& layout, uint64_t maxBytes) const;

  StoreCore& core_;
  Evictor& evictor_;
  SpaceAllocator& allocator_;
};

}  // namespace ebbcache
