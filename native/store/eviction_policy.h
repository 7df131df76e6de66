// Which entry is evicted when room is needed. A policy orders entries; it never touches their
// bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "store/entry.h"

namespace ebbcache {

class BudgetedMemory;
class SlabTable;

enum class Policy : uint8_t { kLru, kS3Fifo };

/// What an admission may weigh.
struct Admission {
  /// What it took to make the value, ms; 0 when the caller did not say.
  double cost = 0;
  /// The entry of the same key that this one replaces; null for a new key.
  const Entry* replaced = nullptr;
};

/// One of a policy's queues, for who checks it.
struct QueueSummary {
  Address newest = kNowhere;
  Address oldest = kNowhere;
  /// Whether its entries have Entry::kInSmallQueue; nothing where the policy does not use that.
  std::optional<bool> small;
  /// Bytes of its entries, where the policy counts them.
  std::optional<uint64_t> bytes;
};

/// hit() comes from readers of any thread; all else from one writer at a time.
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;

  /// For these four the entry's stripe MUST be held.
  virtual void inserted(Address address, uint64_t hash, const Admission& admission) = 0;
  virtual void hit(Address address) = 0;
  /// The entry leaves for another reason than eviction.
  virtual void removed(Address address) = 0;
  /// The entry that victim() chose leaves.
  virtual void evicted(Address address, uint64_t hash) = 0;

  /// Chooses the next entry to evict; nowhere when there is none.
  virtual Address victim() = 0;
  /// Second chances take time. Between these two calls, `maxChances` of them are given in sum, and
  /// then the oldest entry is evicted, used or not; at all other times each victim() has an
  /// allowance of its own.
  virtual void limitChances(uint64_t /*maxChances*/) {}
  virtual void endLimit() {}
  /// Brings into the cache what evicted() will need beside the entry.
  virtual void prepareEviction(uint64_t /*hash*/) const {}
  /// Brings into the cache what move() will need.
  virtual void prepareMove(Address address) const = 0;
  /// Moves the entry's bytes, links included; the two places may overlap. Its stripe is held.
  virtual void move(Address from, Address to) = 0;
  /// No reader is in the store.
  virtual void clear() = 0;

  /// Every entry is in exactly one of the queues visited. No reader is in the store.
  virtual void visitQueues(const std::function<void(const QueueSummary&)>& visit) const = 0;

  /// Makes the policy's own tables fit a budget, as far as there is memory for them.
  virtual void reserve(uint64_t /*maxBytes*/) {}
  /// Gives back what the policy's own tables no longer need.
  virtual void contract() {}
  /// The bytes that are mapped for the policy's own tables.
  virtual uint64_t tableBytes() const { return 0; }
};

/// All that is evicted while it lives shares one allowance of second chances.
class SharedChances {
 public:
  SharedChances(EvictionPolicy& policy, uint64_t maxChances) : policy_(policy) {
    policy_.limitChances(maxChances);
  }
  ~SharedChances() { policy_.endLimit(); }
  SharedChances(const SharedChances&) = delete;
  SharedChances& operator=(const SharedChances&) = delete;

 private:
  EvictionPolicy& policy_;
};

std::unique_ptr<EvictionPolicy> makePolicy(Policy policy, SlabTable& slabs, BudgetedMemory& memory);

}  // namespace ebbcache
