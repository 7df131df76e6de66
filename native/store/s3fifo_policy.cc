#include "store/s3fifo_policy.h"

namespace ebbcache {
namespace {

/// The small queue's share of all bytes, from the paper.
constexpr uint64_t kSmallShare = 10;
/// Two bits of use count, from the paper.
constexpr uint8_t kMostUses = 3;
/// Second chances that one eviction gives at most, so that no put waits for a pass over all
/// entries.
constexpr int kMostSecondChances = 1024;

}  // namespace

S3FifoPolicy::S3FifoPolicy(SlabTable& slabs, BudgetedMemory& memory)
    : slabs_(slabs), small_(slabs), main_(slabs), ghosts_(memory) {}

EntryQueue& S3FifoPolicy::queueOf(const Entry* entry) {
  return (entry->flags & kInSmallQueue) != 0 ? small_ : main_;
}

uint32_t S3FifoPolicy::hashOf(const Entry* entry) {
  return entry->hash;
}

void S3FifoPolicy::pushMain(Address address) {
  Entry* const entry = slabs_.at(address);
  entry->flags &= static_cast<uint8_t>(~kInSmallQueue);
  entry->uses = 0;
  main_.pushNewest(address);
}

void S3FifoPolicy::inserted(Address address, const Admission& admission) {
  Entry* const entry = slabs_.at(address);
  const bool wasInMain =
      admission.replaced != nullptr && (admission.replaced->flags & kInSmallQueue) == 0;
  if (wasInMain || ghosts_.forget(hashOf(entry))) {
    pushMain(address);
    return;
  }
  entry->flags |= kInSmallQueue;
  entry->uses = 0;
  small_.pushNewest(address);
}

void S3FifoPolicy::hit(Address address) {
  Entry* const entry = slabs_.at(address);
  if (entry->uses < kMostUses) ++entry->uses;
}

void S3FifoPolicy::removed(Address address) {
  queueOf(slabs_.at(address)).remove(address);
}

Address S3FifoPolicy::evict() {
  const uint64_t all = small_.bytes() + main_.bytes();
  const bool smallIsOver = small_.bytes() * kSmallShare > all;
  Address victim = smallIsOver ? evictFromSmall() : evictFromMain();
  if (victim == kNowhere) victim = smallIsOver ? evictFromMain() : evictFromSmall();
  return victim;
}

Address S3FifoPolicy::evictFromSmall() {
  const uint64_t storeBytes = small_.bytes() + main_.bytes();
  for (Address at = small_.oldest(); at != kNowhere; at = small_.oldest()) {
    const Entry* const entry = slabs_.at(at);
    small_.remove(at);
    if (entry->uses == 0) {
      ghosts_.remember(hashOf(entry), entry->bytes(), storeBytes);
      return at;
    }
    pushMain(at);
  }
  return kNowhere;
}

Address S3FifoPolicy::evictFromMain() {
  int chances = kMostSecondChances;
  for (Address at = main_.oldest(); at != kNowhere; at = main_.oldest()) {
    Entry* const entry = slabs_.at(at);
    if (entry->uses == 0 || chances-- == 0) {
      main_.remove(at);
      return at;
    }
    --entry->uses;
    main_.makeNewest(at);
  }
  return kNowhere;
}

void S3FifoPolicy::moved(Address from, Address to) {
  queueOf(slabs_.at(to)).moved(from, to);
}

void S3FifoPolicy::clear() {
  small_.clear();
  main_.clear();
  ghosts_.clear();
}

void S3FifoPolicy::reserve(uint64_t maxBytes) {
  ghosts_.reserve(maxBytes);
}

void S3FifoPolicy::contract() {
  ghosts_.contract(small_.bytes() + main_.bytes());
}

}  // namespace ebbcache
