#include "store/ghost_queue.h"

namespace ebbcache {
namespace {

constexpr uint64_t kBucketSlots = 4;
constexpr uint64_t kFewestSlots = 64;
/// How often a refused table is asked for again, in ghosts.
constexpr uint32_t kRetryEvery = 4096;

}  // namespace

// The index takes a hash's low bits; these buckets take its high ones.
GhostQueue::Ghost* GhostQueue::bucketOf(uint32_t hash) const {
  const uint64_t buckets = slots_ / kBucketSlots;
  return table_ + (uint64_t{hash} * buckets >> 32) * kBucketSlots;
}

void GhostQueue::place(Ghost ghost) {
  Ghost* const bucket = bucketOf(ghost.hash);
  Ghost* oldest = bucket;
  for (Ghost* at = bucket; at < bucket + kBucketSlots; ++at) {
    if (at->sequence == 0 || at->hash == ghost.hash) {
      *at = ghost;
      return;
    }
    if (sequence_ - at->sequence > sequence_ - oldest->sequence) oldest = at;
  }
  *oldest = ghost;
}

void GhostQueue::reserve(uint64_t budget) {
  uint64_t slots = kFewestSlots;
  while (slots * 2 * sizeof(Ghost) <= budget / kBudgetShare) slots *= 2;
  if (slots <= slots_) return;
  drop();
  table_ = static_cast<Ghost*>(memory_.take(slots * sizeof(Ghost)));
  if (table_ != nullptr) slots_ = slots;
}

void GhostQueue::remember(uint32_t hash, uint64_t capacity) {
  capacity_ = capacity;
  if (table_ == nullptr) {
    if (++unremembered_ % kRetryEvery != 0) return;
    reserve(memory_.budget());
    if (table_ == nullptr) return;
  }
  if (++sequence_ == 0) ++sequence_;
  place({hash, sequence_});
}

bool GhostQueue::forget(uint32_t hash) {
  if (table_ == nullptr) return false;
  Ghost* const bucket = bucketOf(hash);
  for (Ghost* at = bucket; at < bucket + kBucketSlots; ++at) {
    if (at->sequence == 0 || at->hash != hash) continue;
    const bool remembered = sequence_ - at->sequence < capacity_;
    *at = {};
    return remembered;
  }
  return false;
}

void GhostQueue::contract(uint64_t capacity) {
  if (slots_ / 16 > capacity) drop();
}

void GhostQueue::drop() {
  if (table_ != nullptr) memory_.give(table_, slots_ * sizeof(Ghost));
  table_ = nullptr;
  slots_ = 0;
}

}  // namespace ebbcache
