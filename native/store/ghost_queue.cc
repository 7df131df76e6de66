#include "store/ghost_queue.h"

#include <algorithm>

#include "base/lowest_bit.h"

namespace ebbcache {
namespace {

/// The bytes of a store on the ghosts' clock, as a power of two. It is the maximum by which the
/// bytes of an entry can be shifted, and with it an entry of 16 bytes still counts in a store of 16
/// GiB.
constexpr unsigned kStoreBits = 30;
/// The number of ticks of a stamp per bytes of a store, as a power of two. It is small, so that 16
/// bits last for 1024 times those bytes, and a stale ghost is hardly ever taken for a recent one.
constexpr unsigned kTickBits = 6;
/// The number of ticks for which a ghost is remembered.
constexpr uint16_t kTicksRemembered = uint16_t{1} << kTickBits;
/// The number of ghosts after which a table that was refused, or has become too small, is asked for
/// again.
constexpr uint32_t kRetryEvery = 4096;
/// A store with more of its budget left than this share hardly needs ghosts, and has no table. The
/// rest of the budget then has room for the table and for slabs.
constexpr uint64_t kRestWithoutTable = 8;
/// A table that suits a budget this many times larger than what the store holds is given back.
constexpr uint64_t kFarTooLarge = 16;

constexpr uint16_t kNoTag = 0;

/// The tag of a hash, which is never kNoTag.
uint16_t tagOf(uint32_t hash) {
  return static_cast<uint16_t>(hash | 1);
}

}  // namespace

// No loop over a bucket ends early, so that compilers can vectorize them.

uint32_t GhostQueue::Bucket::slotOf(uint16_t tag) const {
  uint32_t found = 0;
  for (uint32_t i = 0; i < kSlots; ++i) found |= tags[i] == tag ? uint32_t{1} << i : 0;
  return found == 0 ? kSlots : lowestBit(found);
}

uint32_t GhostQueue::Bucket::oldestAt(uint16_t tick) const {
  // The first of the oldest ghosts: the high bits are its age, the low ones its distance from the
  // last slot.
  uint32_t oldest = 0;
  for (uint32_t i = 0; i < kSlots; ++i) {
    const auto age = static_cast<uint16_t>(tick - stamps[i]);
    oldest = std::max(oldest, uint32_t{age} << 16 | (kSlots - 1 - i));
  }
  return kSlots - 1 - (oldest & 0xffff);
}

uint16_t GhostQueue::tick() const {
  return static_cast<uint16_t>(clock_ >> (kStoreBits - kTickBits));
}

void GhostQueue::reserve(uint64_t budget) {
  const uint64_t buckets = budget / kBudgetShare / sizeof(Bucket);
  if (buckets_ > 2 * buckets) drop();
  if (buckets < 2 * buckets_ || buckets == 0) return;
  auto* const table = static_cast<Bucket*>(memory_.take(buckets * sizeof(Bucket)));
  if (table == nullptr) return;
  drop();
  table_ = table;
  buckets_ = buckets;
}

void GhostQueue::remember(uint32_t hash, uint64_t bytes, uint64_t storeBytes) {
  if (remembered_++ % kRetryEvery == 0) reserve(memory_.budget());
  if (table_ == nullptr) return;
  clock_ += (bytes << kStoreBits) / storeBytes;
  const uint16_t tag = tagOf(hash);
  Bucket& bucket = bucketOf(hash);
  uint32_t slot = bucket.slotOf(tag);
  if (slot == kSlots) slot = bucket.slotOf(kNoTag);
  if (slot == kSlots) slot = bucket.oldestAt(tick());
  bucket.tags[slot] = tag;
  bucket.stamps[slot] = tick();
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
  Bucket& bucket = bucketOf(hash);
  const uint32_t slot = bucket.slotOf(tagOf(hash));
  if (slot == kSlots) return false;
  bucket.tags[slot] = kNoTag;
  return static_cast<uint16_t>(tick() - bucket.stamps[slot]) < kTicksRemembered;
}

void GhostQueue::contract(uint64_t storeBytes) {
  if (buckets_ * sizeof(Bucket) * kBudgetShare > kFarTooLarge * storeBytes) drop();
}

void GhostQueue::drop() {
  if (table_ != nullptr) memory_.release(table_, buckets_ * sizeof(Bucket));
  table_ = nullptr;
  buckets_ = 0;
}

}  // namespace ebbcache
