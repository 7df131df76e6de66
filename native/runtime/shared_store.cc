#include "runtime/shared_store.h"

#include <algorithm>

namespace ebbcache {

std::string SharedStoreOptions::whyInvalid() const {
  std::string why = store.whyInvalid();
  if (why.empty() && minBytes > store.maxBytes) {
    why = "minBytes must be from 0 to maxBytes, " + std::to_string(store.maxBytes) + "; it is " +
          std::to_string(minBytes) + ".";
  }
  return why;
}

bool SharedStore::isOpenedWith(const SharedStoreOptions& options) const {
  const StoreOptions& mine = options_.store;
  const StoreOptions& other = options.store;
  return options.name == options_.name && options.ebb == options_.ebb &&
         options.minBytes == options_.minBytes && other.policy == mine.policy &&
         other.maxEntries == mine.maxEntries && other.defaultTtlMs == mine.defaultTtlMs &&
         (other.maxBytes == mine.maxBytes || other.maxBytes == store_->maxBytes());
}

uint64_t SharedStore::minBytes() const {
  return std::max(options_.minBytes, store_->leastBudget());
}

uint64_t SharedStore::changeBudget(uint64_t from, uint64_t to) {
  return store_->changePressureBudget(from, std::max(to, options_.minBytes));
}

uint64_t SharedStore::keepShareOfPayload(double share) {
  const auto kept = static_cast<uint64_t>(share * static_cast<double>(store_->payloadBytes()));
  return store_->ebbPayloadTo(std::max(kept, options_.minBytes));
}

}  // namespace ebbcache
