#include "runtime/shared_store.h"

#include <algorithm>

namespace ebbcache {
namespace {

Reduction reductionOf(const Shrinkage& shrinkage) {
  return {shrinkage.releasedBytes, shrinkage.evictions, shrinkage.lowered};
}

}  // namespace

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

SharedStoreStats SharedStore::stats() const {
  return history().read([this](const PressureCounts& pressure) {
    return SharedStoreStats{store_->stats(), pressure};
  });
}

uint64_t SharedStore::minBytes() const {
  return std::max(options_.minBytes, store_->leastBudget());
}

Reduction SharedStore::changeBudget(uint64_t from, uint64_t to) {
  return reductionOf(store_->changePressureBudget(from, std::max(to, options_.minBytes)));
}

Reduction SharedStore::keepShareOfPayload(double share) {
  const auto kept = static_cast<uint64_t>(share * static_cast<double>(store_->payloadBytes()));
  return reductionOf(store_->ebbPayloadTo(std::max(kept, options_.minBytes)));
}

Upkeep SharedStore::maintain(Waiting waiting) {
  switch (store_->maintain(waiting == Waiting::kYes)) {
    case MaintainResult::kIdle:
      return Upkeep::kIdle;
    case MaintainResult::kDone:
      return Upkeep::kDone;
    case MaintainResult::kMore:
      return Upkeep::kMore;
    case MaintainResult::kBusy:
      break;
  }
  return Upkeep::kBusy;
}

}  // namespace ebbcache
