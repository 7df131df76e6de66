#include "runtime/shared_store.h"

#include <algorithm>

namespace ebbcache {

bool SharedStoreOptions::operator==(const SharedStoreOptions& other) const {
  return name == other.name && ebb == other.ebb && minBytes == other.minBytes &&
         store.maxBytes == other.store.maxBytes && store.maxEntries == other.store.maxEntries &&
         store.policy == other.store.policy && store.defaultTtlMs == other.store.defaultTtlMs;
}

uint64_t SharedStore::setPressureBudget(uint64_t bytes) {
  return store_->setPressureBudget(std::max(bytes, options_.minBytes));
}

}  // namespace ebbcache
