// The open stores of one environment, by number: unlike a pointer, a number can be checked.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "tiers/tiered_store.h"

namespace ebbcache {

class OpenStores {
 public:
  /// Returns a number for the store that is unique while the store is open.
  uint32_t add(TieredStore& store) {
    do {
      ++lastId_;
    } while (lastId_ == 0 || !stores_.emplace(lastId_, &store).second);
    return lastId_;
  }
  void remove(uint32_t id) { stores_.erase(id); }
  /// Null for a number of no open store.
  TieredStore* find(uint32_t id) const {
    const auto found = stores_.find(id);
    return found == stores_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<uint32_t, TieredStore*> stores_;
  uint32_t lastId_ = 0;
};

}  // namespace ebbcache
