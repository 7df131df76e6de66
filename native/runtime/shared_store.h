// A store as the process shares it: by a name, and with the governor.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "codec/store_codec.h"
#include "disk/disk_tier.h"
#include "pressure/governed_store.h"
#include "runtime/held_levels.h"
#include "store/store.h"
#include "tiers/coded_store.h"
#include "tiers/disk_dictionaries.h"
#include "tiers/tiered_store.h"

namespace ebbcache {

/// The bytes before the metadata of a record: the state of its file, and a time; see
/// lib/tiers/record.ts.
constexpr uint64_t kRecordPrefixBytes = 40;

struct SharedDiskOptions {
  /// An empty folder means no disk tier.
  DiskTierOptions tier;
  /// See TieredStoreOptions.
  bool coherent = true;

  bool isWanted() const { return !tier.dir.empty(); }
};

/// Sizes that the caller did not ask for: where the store is open already, they are as the store
/// has them.
struct AdoptedSizes {
  bool maxBytes = false;
  bool maxEntries = false;
  bool diskBytes = false;
};

struct SharedStoreOptions {
  /// The store is stamped where there is a disk tier, whatever this says.
  StoreOptions store;
  SharedDiskOptions disk;
  /// Empty for a store that nobody shares.
  std::string name;
  /// Whether the disk tier's folder is part of the name.
  bool namedByFolder = false;
  /// Whether it shrinks and regrows with memory pressure.
  bool ebb = true;
  /// The floor under pressure, in bytes.
  uint64_t minBytes = 0;
  /// The number of bytes before each value that are no part of its msgpack.
  uint64_t prefixBytes = 0;
  AdoptedSizes adopts;

  /// Empty where all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// Both are of one moment: the evictions in `pressure` are the pressureEvictions in `store`.
struct SharedStoreStats {
  StoreStats store;
  StoreCodecStats codec;
  PressureCounts pressure;
};

struct NewEvictions {
  uint64_t all = 0;
  /// The evictions that maxEntries caused.
  uint64_t byEntries = 0;
};

class SharedStore final : public GovernedStore {
 public:
  /// `store` MUST be stamped where `disk` is not null.
  SharedStore(SharedStoreOptions options, std::unique_ptr<Store> store,
              std::shared_ptr<DiskTier> disk = nullptr);

  TieredStore& tiered() { return tiered_; }
  /// The same, by values instead of what is stored of them.
  CodedStore& coded() { return coded_; }
  /// The memory tier.
  Store& store() { return *store_; }
  /// Null where there is none.
  const std::shared_ptr<DiskTier>& disk() const { return disk_; }
  /// The options with which it was opened: a resize does not change them.
  const SharedStoreOptions& options() const { return options_; }
  /// See Store::resize(). A store that becomes too small for its dictionaries loses them, and all
  /// entries in memory.
  bool resize(uint64_t maxBytes);
  /// Whether these options name this store: the sizes may be those with which it was opened, or
  /// those to which it was resized.
  bool isOpenedWith(const SharedStoreOptions& options) const;
  SharedStoreStats stats() const;
  /// The evictions since the last call, so that each one is counted by one of those who share the
  /// store.
  NewEvictions takeNewEvictions();
  HeldLevels& heldLevels() { return heldLevels_; }

  /// All times to live, in memory and on disk, follow a given time, ms since the epoch; see
  /// StoreClock::give(). It applies to all who share the store or its disk tier.
  void giveTime(int64_t wallMs);
  void giveNoTime();

  bool isGoverned() const override { return options_.ebb; }
  uint64_t heldBytes() const override { return store_->heldBytes(); }
  uint64_t budgetBytes() const override { return store_->budgetBytes(); }
  uint64_t maxBytes() const override { return store_->maxBytes(); }
  uint64_t minBytes() const override;
  Reduction setBudget(uint64_t from, uint64_t to) override;
  Reduction trimPayload(double share) override;
  Upkeep maintain(Waiting waiting) override;

 private:
  bool hasDiskOf(const SharedStoreOptions& other) const;
  StoreCodecOptions codecOptions() const;

  const SharedStoreOptions options_;
  const std::unique_ptr<Store> store_;
  const std::shared_ptr<DiskTier> disk_;
  TieredStore tiered_;
  /// Null without a disk tier.
  const std::unique_ptr<DiskDictionaries> dictionaries_;
  StoreCodec codec_;
  CodedStore coded_;
  HeldLevels heldLevels_;
  std::mutex takenMutex_;
  NewEvictions taken_;
};

}  // namespace ebbcache
