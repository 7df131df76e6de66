// Who goes when room is needed. A policy orders entries; it never touches their bytes.
#pragma once

#include <cstdint>
#include <memory>

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

/// Called under the store's lock.
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;

  virtual void inserted(Address address, const Admission& admission) = 0;
  virtual void hit(Address address) = 0;
  /// The entry leaves for another reason than eviction.
  virtual void removed(Address address) = 0;
  /// Chooses the next to go and unlinks it; nowhere when there is none.
  virtual Address evict() = 0;
  /// The entry's bytes, links included, now lie at `to`.
  virtual void moved(Address from, Address to) = 0;
  virtual void clear() = 0;
  /// Makes the policy's own tables large enough for a budget, as far as there is memory for them.
  virtual void reserve(uint64_t /*maxBytes*/) {}
  /// Gives back what the policy's own tables no longer need.
  virtual void contract() {}
  /// Mapped for the policy's own tables.
  virtual uint64_t tableBytes() const { return 0; }
};

std::unique_ptr<EvictionPolicy> makePolicy(Policy policy, SlabTable& slabs, BudgetedMemory& memory);

}  // namespace ebbcache
