// S3-FIFO (Yang et al., SOSP '23): a small queue for the new, a main queue for what was asked for
// again, and a ghost queue that remembers what left the small one. Objects of any size enter; the
// small queue's share decides only from which queue to evict, and one hit in it promotes.
#pragma once

#include "store/entry_queue.h"
#include "store/eviction_policy.h"
#include "store/ghost_queue.h"

namespace ebbcache {

class S3FifoPolicy final : public EvictionPolicy {
 public:
  S3FifoPolicy(SlabTable& slabs, BudgetedMemory& memory);

  void inserted(Address address, const Admission& admission) override;
  void hit(Address address) override;
  void removed(Address address) override;
  Address evict() override;
  void moved(Address from, Address to) override;
  void clear() override;
  void reserve(uint64_t maxBytes) override;
  void contract() override;
  uint64_t tableBytes() const override { return ghosts_.tableBytes(); }

 private:
  EntryQueue& queueOf(const Entry* entry);
  /// By which ghosts know it.
  static uint32_t hashOf(const Entry* entry);
  void pushMain(Address address);
  Address evictFromSmall();
  Address evictFromMain();

  SlabTable& slabs_;
  EntryQueue small_;
  EntryQueue main_;
  GhostQueue ghosts_;
};

}  // namespace ebbcache
