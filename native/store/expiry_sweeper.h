// Removes a store's expired entries in steps.
#pragma once

#include <cstdint>
#include <functional>

#include "store/store_core.h"
#include "store/store_results.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call.
class ExpirySweeper {
 public:
  explicit ExpirySweeper(StoreCore& core) : core_(core) {}

  /// Continues a round of all slabs in which an entry may have expired, for as long as `mayGoOn`
  /// returns true. With the store's own time a slab is searched at most once a second.
  MaintainResult sweep(const std::function<bool()>& mayGoOn);
  /// Sweeps all slabs.
  void sweepAll();

  /// The time of the last sweep, by the store's clock.
  uint64_t sweptAt() const { return sweptAt_; }

 private:
  StoreCore& core_;
  uint64_t sweptAt_ = 0;
};

}  // namespace ebbcache
