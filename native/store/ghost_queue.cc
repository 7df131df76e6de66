#include "store/ghost_queue.h"

namespace ebbcache {
namespace {

constexpr uint64_t kBucketSlots = 4;
constexpr uint64_t kFewestSlots = 512;

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

void GhostQueue::growFor(uint64_t capacity) {
  uint64_t slots = slots_ == 0 ? kFewestSlots : slots_;
  while (slots < capacity) slots *= 2;
  if (slots == slots_) return;
  auto* const larger = static_cast<Ghost*>(memory_.take(slots * sizeof(Ghost)));
  if (larger == nullptr) return;
  Ghost* const old = table_;
  const uint64_t oldSlots = slots_;
  table_ = larger;
  slots_ = slots;
  for (uint64_t i = 0; i < oldSlots; ++i) {
    if (old[i].sequence != 0) place(old[i]);
  }
  if (old != nullptr) memory_.give(old, oldSlots * sizeof(Ghost));
}

void GhostQueue::remember(uint32_t hash, uint64_t capacity) {
  capacity_ = capacity;
  if (slots_ == 0 || capacity > slots_) growFor(capacity);
  if (table_ == nullptr) return;
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
  if (slots_ / kBucketSlots > capacity) drop();
}

void GhostQueue::drop() {
  if (table_ != nullptr) memory_.give(table_, slots_ * sizeof(Ghost));
  table_ = nullptr;
  slots_ = 0;
}

}  // namespace ebbcache
