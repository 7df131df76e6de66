// The open stores of one environment, by number: unlike a pointer, a number can be checked.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "tiers/coded_store.h"

namespace ebbcache {

class OpenStores {
 public:
  struct OpenStore {
    CodedStore* store = nullptr;
    /// The form in which values are put.
    CodedStore::Form form = CodedStore::Form::kPlain;
    /// Null unless the environment keeps values of the store.
    const ChangeCounters* changes = nullptr;
  };

  /// Returns a number for the store that is unique while the store is open.
  uint32_t add(const OpenStore& store) {
    do {
      ++lastId_;
    } while (lastId_ == 0 || !stores_.emplace(lastId_, store).second);
    return lastId_;
  }
  /// Sets the counters of a store that is open.
  void setChanges(uint32_t id, const ChangeCounters* changes) { stores_.at(id).changes = changes; }
  void remove(uint32_t id) { stores_.erase(id); }
  /// An empty one for a number of no open store.
  OpenStore find(uint32_t id) const {
    const auto found = stores_.find(id);
    return found == stores_.end() ? OpenStore() : found->second;
  }

 private:
  std::unordered_map<uint32_t, OpenStore> stores_;
  uint32_t lastId_ = 0;
};

}  // namespace ebbcache
