#include "runtime/shared_store.h"

#include <algorithm>

namespace ebbcache {

bool SharedStore::isOpenedWith(const SharedStoreOptions& options) const {
  const StoreOptions& mine = options_.store;
  const StoreOptions& other = options.store;
  return options.name == options_.name && options.ebb == options_.ebb &&
         options.minBytes == options_.minBytes && other.policy == mine.policy &&
         other.maxEntries == mine.maxEntries && other.defaultTtlMs == mine.defaultTtlMs &&
         (other.maxBytes == mine.maxBytes || other.maxBytes == store_->maxBytes());
}

uint64_t SharedStore::setPressureBudget(uint64_t bytes) {
  return store_->setPressureBudget(std::max(bytes, options_.minBytes));
}

}  // namespace ebbcache
