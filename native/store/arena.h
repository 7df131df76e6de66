// All that counts towards a store's budget: the slabs, log, index and policy of one layout.
#pragma once

#include <memory>

#include "slab/budgeted_memory.h"
#include "store/entry_log.h"
#include "store/eviction_policy.h"
#include "store/hash_index.h"
#include "store/key_hash.h"
#include "store/layout.h"
#include "store/slab_table.h"
#include "store/stripe_locks.h"

namespace ebbcache {

class Arena final : private EntryRelocator {
 public:
  /// Returns null when the budget or the system has no memory for the tables.
  static std::unique_ptr<Arena> make(BudgetedMemory& memory, const Layout& layout,
                                     uint64_t maxBytes, Policy policy, const KeyHash& hash,
                                     StripeLocks& stripes);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Makes the tables fit another budget; returns false when their memory is refused. All stripes
  /// MUST be held.
  bool reserve(uint64_t maxBytes);

  /// Removes an entry that the policy has already removed from index and log. Its stripe MUST be
  /// held.
  void forget(Address address, uint64_t hash);
  /// Removes all entries. All stripes MUST be held.
  void clear();
  /// Gives memory back that the tables no longer need.
  void contractTables();

  /// The bytes that reserve() would have to take for a budget.
  uint64_t growthFor(uint64_t maxBytes) const {
    return slabs.growthFor(maxBytes) + index.growthFor(maxBytes);
  }
  /// The bytes that the tables for a budget take at first.
  static uint64_t tableBytesFor(const BudgetedMemory& memory, const Layout& layout,
                                uint64_t maxBytes);
  /// The bytes that are mapped for the tables, now and when there are no entries.
  uint64_t tableBytes() const {
    return fixedTableBytes_ + index.chunksBytes() + policy->tableBytes();
  }
  uint64_t emptyTableBytes() const { return fixedTableBytes_ + index.chunkBytes(); }
  /// The number of bytes of live entries, large ones included.
  uint64_t liveBytes() const { return log.sharedLiveBytes() + log.largeBytes(); }

  const Layout layout;
  SlabTable slabs;
  EntryLog log;
  HashIndex index;
  std::unique_ptr<EvictionPolicy> policy;

 private:
  Arena(BudgetedMemory& memory, const Layout& layout, Policy kind, const KeyHash& hash,
        StripeLocks& stripes);
  uint64_t prepareMove(Address address) override;
  void move(Address from, Address to, uint64_t hash) override;

  const KeyHash& hash_;
  StripeLocks& stripes_;
  /// The bytes of the tables whose size follows from the budget alone.
  uint64_t fixedTableBytes_ = 0;
};

}  // namespace ebbcache
