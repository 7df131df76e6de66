// Least recently used, by entry. The order is exact for one thread; between threads it is exact
// except for the hits that wait in their buffers.
#pragma once

#include "base/spin_lock.h"
#include "store/entry_queue.h"
#include "store/eviction_policy.h"
#include "store/hit_buffers.h"

namespace ebbcache {

class LruPolicy final : public EvictionPolicy {
 public:
  explicit LruPolicy(SlabTable& slabs) : slabs_(slabs), queue_(slabs) {}

  void inserted(Address address, uint64_t hash, const Admission& admission) override;
  void hit(Address address) override;
  void removed(Address address) override;
  Address victim() override;
  void evicted(Address address, uint64_t hash) override;
  void prepareMove(Address address) const override;
  void move(Address from, Address to) override;
  void clear() override;
  void visitQueues(const std::function<void(const QueueSummary&)>& visit) const override {
    visit({queue_.newest(), queue_.oldest(), {}, {}});
  }

 private:
  void applyHits(const Address* first, const Address* last);
  void flushHits();

  SlabTable& slabs_;
  /// Its locks are taken before queueLock_, where both are held.
  HitBuffers hits_;
  SpinLock queueLock_;
  EntryQueue queue_;
};

}  // namespace ebbcache
