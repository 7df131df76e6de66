#include "store/ghost_queue.h"

namespace ebbcache {
namespace {

constexpr uint64_t kBucketSlots = 16;
/// A store's bytes on the clock, as a power of two: the most that the bytes of an entry can be
/// shifted by, so that one of 16 bytes still counts in a store of 16 GiB.
constexpr unsigned kStoreBits = 30;
/// Ticks of a stamp in a store's bytes, as a power of two: few, so that 16 bits last for 1024 times
/// those bytes, and a ghost that nobody came for is hardly ever taken for a young one.
constexpr unsigned kTickBits = 6;
/// How long a ghost is remembered.
constexpr uint16_t kTicksRemembered = uint16_t{1} << kTickBits;
/// How often a table that was refused, or is too small by now, is asked for again, in ghosts.
constexpr uint32_t kRetryEvery = 4096;
/// A store with more of its budget left than one in so many has hardly a use for ghosts, and is
/// spared the table. What is left then has room for the table and slabs besides.
constexpr uint64_t kRestWithoutTable = 8;
/// A table for a budget so many times larger than what the store holds is given back.
constexpr uint64_t kFarTooLarge = 16;

/// Never 0.
uint16_t tagOf(uint32_t hash) {
  return static_cast<uint16_t>(hash | 1);
}

}  // namespace

// The index takes a hash's low bits; these buckets take its high ones.
GhostQueue::Ghost* GhostQueue::bucketOf(uint32_t hash) const {
  const uint64_t buckets = slots_ / kBucketSlots;
  return table_ + (uint64_t{hash} * buckets >> 32) * kBucketSlots;
}

uint16_t GhostQueue::tick() const {
  return static_cast<uint16_t>(clock_ >> (kStoreBits - kTickBits));
}

uint16_t GhostQueue::ageOf(Ghost ghost) const {
  return static_cast<uint16_t>(tick() - ghost.stamp);
}

void GhostQueue::reserve(uint64_t budget) {
  const uint64_t bucketBytes = kBucketSlots * sizeof(Ghost);
  const uint64_t slots = budget / kBudgetShare / bucketBytes * kBucketSlots;
  if (slots_ > 2 * slots) drop();
  if (slots < 2 * slots_ || slots == 0) return;
  auto* const table = static_cast<Ghost*>(memory_.take(slots * sizeof(Ghost)));
  if (table == nullptr) return;
  drop();
  table_ = table;
  slots_ = slots;
}

void GhostQueue::remember(uint32_t hash, uint64_t bytes, uint64_t storeBytes) {
  if (remembered_++ % kRetryEvery == 0) reserve(memory_.budget());
  if (table_ == nullptr) return;
  clock_ += (bytes << kStoreBits) / storeBytes;
  const uint16_t tag = tagOf(hash);
  Ghost* const bucket = bucketOf(hash);
  Ghost* place = bucket;
  for (Ghost* at = bucket; at < bucket + kBucketSlots; ++at) {
    if (at->tag == 0 || at->tag == tag) {
      place = at;
      break;
    }
    if (ageOf(*at) > ageOf(*place)) place = at;
  }
  *place = {tag, tick()};
}

void GhostQueue::reserveWhenNearlyFull() {
  const uint64_t held = memory_.held();
  const uint64_t budget = memory_.budget();
  if (table_ != nullptr || held == heldWhenAsked_) return;
  heldWhenAsked_ = held;
  if (held >= budget - budget / kRestWithoutTable) reserve(budget);
}

bool GhostQueue::forget(uint32_t hash) {
  if (table_ == nullptr) return false;
  const uint16_t tag = tagOf(hash);
  Ghost* const bucket = bucketOf(hash);
  for (Ghost* at = bucket; at < bucket + kBucketSlots; ++at) {
    if (at->tag != tag) continue;
    const bool remembered = ageOf(*at) < kTicksRemembered;
    *at = {};
    return remembered;
  }
  return false;
}

void GhostQueue::contract(uint64_t storeBytes) {
  if (slots_ * sizeof(Ghost) * kBudgetShare > kFarTooLarge * storeBytes) drop();
}

void GhostQueue::drop() {
  if (table_ != nullptr) memory_.give(table_, slots_ * sizeof(Ghost));
  table_ = nullptr;
  slots_ = 0;
}

}  // namespace ebbcache
