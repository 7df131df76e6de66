// A store as the process shares it: known by a name, and to the governor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pressure/governed_store.h"
#include "store/store.h"

namespace ebbcache {

struct SharedStoreOptions {
  StoreOptions store;
  /// Empty for a store of its own.
  std::string name;
  /// Shrink and regrow with memory pressure.
  bool ebb = true;
  /// Floor under pressure, bytes.
  uint64_t minBytes = 0;

  /// Empty when all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// Both are of one moment: the evictions that `pressure` has are the pressureEvictions of `store`.
struct SharedStoreStats {
  StoreStats store;
  PressureCounts pressure;
};

class SharedStore final : public GovernedStore {
 public:
  SharedStore(SharedStoreOptions options, std::unique_ptr<Store> store)
      : options_(std::move(options)), store_(std::move(store)) {}

  Store& store() { return *store_; }
  /// As it was opened: a resize does not show here.
  const SharedStoreOptions& options() const { return options_; }
  /// Whether one who opens the name with these means this store: its size may be the one it was
  /// opened with, or the one it was resized to.
  bool isOpenedWith(const SharedStoreOptions& options) const;
  SharedStoreStats stats() const;

  bool ebbs() const override { return options_.ebb; }
  uint64_t heldBytes() const override { return store_->heldBytes(); }
  uint64_t budgetBytes() const override { return store_->budgetBytes(); }
  uint64_t maxBytes() const override { return store_->maxBytes(); }
  uint64_t minBytes() const override;
  Reduction changeBudget(uint64_t from, uint64_t to) override;
  Reduction keepShareOfPayload(double share) override;
  Upkeep maintain(Waiting waiting) override;

 private:
  const SharedStoreOptions options_;
  const std::unique_ptr<Store> store_;
};

}  // namespace ebbcache
