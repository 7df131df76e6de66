// S3-FIFO (Yang et al., SOSP '23): a small queue for new entries, a main queue for those that were
// used again, and a ghost queue that remembers the entries that left the small one. Entries of any
// size are admitted; the small queue's share decides only from which queue to evict, and one hit in
// it promotes.
#pragma once

#include "store/entry_queue.h"
#include "store/eviction_policy.h"
#include "store/ghost_queue.h"

namespace ebbcache {

class S3FifoPolicy final : public EvictionPolicy {
 public:
  S3FifoPolicy(SlabTable& slabs, BudgetedMemory& memory);

  void inserted(Address address, uint64_t hash, const Admission& admission) override;
  void hit(Address address) override;
  void removed(Address address) override;
  Address victim() override;
  void limitChances(uint64_t maxChances) override;
  void endLimit() override;
  void evicted(Address address, uint64_t hash) override;
  void prepareEviction(uint64_t hash) const override {
    ghosts_.prefetchGhost(static_cast<uint32_t>(hash));
  }
  void prepareMove(Address address) const override;
  void move(Address from, Address to) override;
  void clear() override;
  void visitQueues(const std::function<void(const QueueSummary&)>& visit) const override {
    visit({small_.entries.newest(), small_.entries.oldest(), true, small_.bytes});
    visit({main_.entries.newest(), main_.entries.oldest(), false, main_.bytes});
  }
  void reserve(uint64_t maxBytes) override;
  void contract() override;
  uint64_t tableBytes() const override { return ghosts_.tableBytes(); }

 private:
  /// A queue that counts its entries' bytes.
  struct SizedQueue {
    explicit SizedQueue(SlabTable& slabs) : entries(slabs) {}
    EntryQueue entries;
    uint64_t bytes = 0;
  };

  SizedQueue& queueOf(const Entry* entry);
  uint64_t allBytes() const { return small_.bytes + main_.bytes; }
  void push(SizedQueue& queue, Address address);
  void remove(Address address);
  /// Takes one chance from the allowance; returns false when it is used up.
  bool takeChance();
  Address victimOfSmall();
  Address victimOfMain();

  SlabTable& slabs_;
  SizedQueue small_;
  SizedQueue main_;
  GhostQueue ghosts_;
  /// The number of second chances and promotions that are left.
  uint64_t chances_ = 0;
  /// Whether several evictions share them.
  bool limited_ = false;
};

}  // namespace ebbcache
