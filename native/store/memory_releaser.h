// Gives memory back to the system that a store has not needed recently: empty slabs, and more where
// live entries fill less than half of their slabs.
#pragma once

#include <cstdint>
#include <functional>

#include "store/store_core.h"
#include "store/store_results.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class MemoryReleaser {
 public:
  explicit MemoryReleaser(StoreCore& core) : core_(core) {}

  /// Works for as long as `mayGoOn` returns true; its last step may take longer.
  MaintainResult releaseUnused(const std::function<bool()>& mayGoOn);
  /// Whether live entries are being condensed: then a slab may soon be empty.
  bool isCondensing() const { return condensing_; }

 private:
  MaintainResult condense(const std::function<bool()>& mayGoOn);

  StoreCore& core_;
  /// The number of expirations at the last search for slabs that they emptied.
  uint64_t expirationsSeen_ = 0;
  /// Whether expirations may have emptied more slabs.
  bool dropsEmptied_ = false;
  /// The number of slabs taken by the last run, and the time at which that number last changed, ms.
  uint64_t slabsTakenSeen_ = 0;
  uint64_t quietSince_ = 0;
  bool condensing_ = false;
};

}  // namespace ebbcache
