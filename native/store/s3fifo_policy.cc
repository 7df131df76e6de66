#include "store/s3fifo_policy.h"

#include <cstring>

namespace ebbcache {
namespace {

/// The small queue's share of all bytes, from the paper.
constexpr uint64_t kSmallShare = 10;
/// The second chances and promotions of an eviction that has its own allowance. They are bounded,
/// so that no eviction makes a pass over all entries.
constexpr uint64_t kChancesOfOne = 2048;

/// The state of an entry in the given queue with the given uses.
uint8_t stateWith(const Entry* entry, bool inSmall, uint8_t uses) {
  constexpr uint8_t kMine = Entry::kInSmallQueue | Entry::kMaxUses << Entry::kUsesShift;
  const int kept = entry->state() & ~kMine;
  return static_cast<uint8_t>(kept | (inSmall ? Entry::kInSmallQueue : 0) |
                              uses << Entry::kUsesShift);
}

}  // namespace

// Readers count uses while a writer moves entries between the queues: a count that is lost then
// costs a wrong guess and nothing else.

S3FifoPolicy::S3FifoPolicy(SlabTable& slabs, BudgetedMemory& memory)
    : slabs_(slabs), small_(slabs), main_(slabs), ghosts_(memory) {}

S3FifoPolicy::SizedQueue& S3FifoPolicy::queueOf(const Entry* entry) {
  return (entry->state() & Entry::kInSmallQueue) != 0 ? small_ : main_;
}

void S3FifoPolicy::push(SizedQueue& queue, Address address) {
  Entry* const entry = slabs_.at(address);
  entry->setState(stateWith(entry, &queue == &small_, 0));
  queue.entries.pushNewest(address);
  queue.bytes += entry->bytes();
}

void S3FifoPolicy::remove(Address address) {
  const Entry* const entry = slabs_.at(address);
  SizedQueue& queue = queueOf(entry);
  queue.entries.remove(address);
  queue.bytes -= entry->bytes();
}

void S3FifoPolicy::inserted(Address address, uint64_t hash, const Admission& admission) {
  const bool wasInMain =
      admission.replaced != nullptr && (admission.replaced->state() & Entry::kInSmallQueue) == 0;
  ghosts_.reserveWhenNearlyFull();
  const bool toMain = wasInMain || ghosts_.forget(static_cast<uint32_t>(hash));
  push(toMain ? main_ : small_, address);
}

void S3FifoPolicy::hit(Address address) {
  Entry* const entry = slabs_.at(address);
  for (uint8_t state = entry->state(); entry->uses() < Entry::kMaxUses; state = entry->state()) {
    if (entry->changeState(state, static_cast<uint8_t>(state + (1 << Entry::kUsesShift)))) return;
  }
}

void S3FifoPolicy::removed(Address address) {
  remove(address);
}

void S3FifoPolicy::limitChances(uint64_t maxChances) {
  chances_ = maxChances;
  limited_ = true;
}

void S3FifoPolicy::endLimit() {
  limited_ = false;
}

bool S3FifoPolicy::takeChance() {
  if (chances_ == 0) return false;
  --chances_;
  return true;
}

Address S3FifoPolicy::victim() {
  if (!limited_) chances_ = kChancesOfOne;
  const bool smallIsOver = small_.bytes * kSmallShare > allBytes();
  const Address victim = smallIsOver ? victimOfSmall() : victimOfMain();
  if (victim != kNowhere) return victim;
  return smallIsOver ? victimOfMain() : victimOfSmall();
}

Address S3FifoPolicy::victimOfSmall() {
  for (Address at = small_.entries.oldest(); at != kNowhere; at = small_.entries.oldest()) {
    if (slabs_.at(at)->uses() == 0 || !takeChance()) return at;
    remove(at);
    push(main_, at);
  }
  return kNowhere;
}

Address S3FifoPolicy::victimOfMain() {
  for (Address at = main_.entries.oldest(); at != kNowhere; at = main_.entries.oldest()) {
    Entry* const entry = slabs_.at(at);
    const uint8_t uses = entry->uses();
    if (uses == 0 || !takeChance()) return at;
    entry->setState(stateWith(entry, false, static_cast<uint8_t>(uses - 1)));
    main_.entries.makeNewest(at);
  }
  return kNowhere;
}

void S3FifoPolicy::evicted(Address address, uint64_t hash) {
  const Entry* const entry = slabs_.at(address);
  if ((entry->state() & Entry::kInSmallQueue) != 0) {
    ghosts_.remember(static_cast<uint32_t>(hash), entry->bytes(), allBytes());
  }
  remove(address);
}

void S3FifoPolicy::prepareMove(Address address) const {
  small_.entries.prefetchNeighbours(address);
}

void S3FifoPolicy::move(Address from, Address to) {
  std::memmove(static_cast<void*>(slabs_.at(to)), slabs_.at(from), slabs_.at(from)->bytes());
  queueOf(slabs_.at(to)).entries.moved(from, to);
}

void S3FifoPolicy::clear() {
  small_.entries.clear();
  main_.entries.clear();
  small_.bytes = main_.bytes = 0;
  ghosts_.clear();
}

void S3FifoPolicy::reserve(uint64_t maxBytes) {
  if (ghosts_.tableBytes() > 0) ghosts_.reserve(maxBytes);
}

void S3FifoPolicy::contract() {
  ghosts_.contract(allBytes());
}

}  // namespace ebbcache
