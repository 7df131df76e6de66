// Exact least recently used, by entry.
#pragma once

#include "store/entry_queue.h"
#include "store/eviction_policy.h"

namespace ebbcache {

class LruPolicy final : public EvictionPolicy {
 public:
  explicit LruPolicy(SlabTable& slabs) : queue_(slabs) {}

  void inserted(Address address, const Admission& admission) override;
  void hit(Address address) override;
  void removed(Address address) override;
  Address evict() override;
  void moved(Address from, Address to) override;
  void clear() override;

 private:
  EntryQueue queue_;
};

}  // namespace ebbcache
