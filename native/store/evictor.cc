#include "store/evictor.h"

namespace ebbcache {

bool Evictor::evictOne() {
  Arena& arena = *core_.arena;
  const Address address = arena.policy->victim();
  if (address == kNowhere) return false;
  if (prepared_-- == 0) prepareEvictions(address);
  const Entry* const entry = arena.slabs.at(address);
  const uint64_t hash = core_.hash(entry);
  if (EBBCACHE_SELDOM(core_.tellsRemovals())) core_.noteRemoval(*entry, reason_);
  const WriterStripe stripe(core_.stripes, hash);
  arena.policy->evicted(address, hash);
  core_.forget(address, hash);
  ++core_.counters.evictions;
  if (EBBCACHE_SELDOM(!core_.stripes.changes().isEmpty())) noteEviction();
  return true;
}

void Evictor::noteEviction() {
  core_.stripes.changes().noteEviction(core_.arena->index.count());
}

void Evictor::evictToEntries(uint64_t entries) {
  while (core_.arena->index.count() > entries && evictOne()) ++core_.counters.evictionsByEntries;
}

void Evictor::prepareEvictions(Address first) {
  constexpr uint32_t kAhead = 8;
  const Arena& arena = *core_.arena;
  prepared_ = kAhead - 1;
  Address at = first;
  for (uint32_t i = 0; i < kAhead && at != kNowhere; ++i) {
    const Entry* const entry = arena.slabs.at(at);
    at = entry->newer();
    arena.slabs.prefetchHeader(at);
    const uint64_t hash = core_.hash(entry);
    arena.index.prefetchBucket(hash);
    arena.policy->prepareEviction(hash);
  }
}

}  // namespace ebbcache
