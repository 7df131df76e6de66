// A policy chooses the entry that is evicted when room is needed. It orders entries, and never
// touches their bytes.
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

/// The facts about an entry that an admission may weigh.
struct Admission {
  /// The cost of making the value, ms; 0 when the caller did not give it.
  double cost = 0;
  /// The entry of the same key that this one replaces; null for a new key.
  const Entry* replaced = nullptr;
};

/// The state of one of a policy's queues, for integrity checks.
struct QueueSummary {
  Address newest = kNowhere;
  Address oldest = kNowhere;
  /// Whether its entries have Entry::kInSmallQueue; empty where the policy does not use that.
  std::optional<bool> small;
  /// The bytes of its entries, where the policy counts them.
  std::optional<uint64_t> bytes;
};

/// Readers of any thread call hit(); for all other calls the store's mutex MUST be held.
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;

  /// For these four functions the entry's stripe MUST be held.
  virtual void inserted(Address address, uint64_t hash, const Admission& admission) = 0;
  virtual void hit(Address address) = 0;
  /// Removes an entry that leaves for another reason than eviction.
  virtual void removed(Address address) = 0;
  /// Removes the entry that victim() chose.
  virtual void evicted(Address address, uint64_t hash) = 0;

  /// Chooses the next entry to evict; returns nowhere when there is none.
  virtual Address victim() = 0;
  /// Bounds the second chances, which take time. Between this call and endLimit(), at most
  /// `maxChances` are given in sum, and then the oldest entry is evicted, used or not. At all other
  /// times each victim() has its own allowance.
  virtual void limitChances(uint64_t /*maxChances*/) {}
  virtual void endLimit() {}
  /// Prefetches what evicted() needs beside the entry.
  virtual void prepareEviction(uint64_t /*hash*/) const {}
  /// Prefetches what move() needs.
  virtual void prepareMove(Address address) const = 0;
  /// Moves the entry's bytes, links included; the two places may overlap. Its stripe MUST be held.
  virtual void move(Address from, Address to) = 0;
  /// Removes all entries. All stripes MUST be held.
  virtual void clear() = 0;

  /// Visits the queues; every entry is in exactly one of them. All stripes MUST be held.
  virtual void visitQueues(const std::function<void(const QueueSummary&)>& visit) const = 0;

  /// Makes the policy's own tables fit a budget, as far as there is memory for them.
  virtual void reserve(uint64_t /*maxBytes*/) {}
  /// Gives memory back that the policy's own tables no longer need.
  virtual void contract() {}
  /// The bytes that are mapped for the policy's own tables.
  virtual uint64_t tableBytes() const { return 0; }
};

/// While it lives, all evictions share one allowance of second chances.
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
