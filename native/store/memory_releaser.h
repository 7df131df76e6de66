// Gives memory back to the system that a store has had no use for lately: empty slabs, and more
// where live entries fill less than half of their slabs.
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

  /// Works for as long as `mayGoOn`; its last step may take longer.
  MaintainResult releaseUnused(const std::function<bool()>& mayGoOn);
  /// Whether live entries are being moved together: a slab may be empty soon.
  bool isCondensing() const { return condensing_; }

 private:
  MaintainResult condense(const std::function<bool()>& mayGoOn);

  StoreCore& core_;
  /// The expirations when it last searched for slabs that they emptied.
  uint64_t expirationsSeen_ = 0;
  /// They may have emptied more.
  bool dropsEmptied_ = false;
  /// The slabs that were taken when it ran last, and when that number changed last, ms.
  uint64_t slabsTakenSeen_ = 0;
  uint64_t quietSince_ = 0;
  bool condensing_ = false;
};

}  // namespace ebbcache
