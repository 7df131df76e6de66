#include "store/store_core.h"

#include <utility>

namespace ebbcache {

StoreCore::StoreCore(const StoreOptions& openedWith, StoreEnvironment itsEnvironment,
                     std::function<void()> whenSpareIsReady)
    : options(openedWith),
      environment(std::move(itsEnvironment)),
      clock(environment.steadyMs),
      hash(environment.hashSeed ? *environment.hashSeed : HashSeed::random()),
      memory(*environment.memory, options.maxBytes, environment.supply,
             std::move(whenSpareIsReady)),
      arena(Arena::make(memory,
                        Layout::forBudget(options.maxBytes, environment.memory->pageBytes()),
                        options.maxBytes, options.policy, hash, stripes)),
      maxBytes(options.maxBytes),
      maxEntries(options.maxEntries) {
  if (arena != nullptr) computeMinBudget();
}

void StoreCore::noteRemoval(const Entry& entry, RemovalReason reason) {
  removals.note(entry.key(), reason);
}

void StoreCore::noteReplaced(const Entry& entry) {
  noteRemoval(entry, isExpired(entry) ? RemovalReason::kExpire : RemovalReason::kReplace);
}

void StoreCore::noteCleared() {
  // No more entries are visited than the logs have room for.
  uint64_t left = arena->index.count();
  bool noted = true;
  uint64_t cursor = 0;
  do {
    cursor = arena->index.scan(cursor, [&](Address address) {
      if (!noted) return;
      noted = removals.note(arena->slabs.at(address)->key(), RemovalReason::kClear);
      --left;
    });
  } while (cursor != 0 && noted);
  removals.lose(left);
}

uint64_t StoreCore::computeMinBudget() {
  // The index needs a chunk for buckets, and one for overflow buckets.
  const uint64_t bytes = arena->emptyTableBytes() + arena->layout.slabBytes +
                         2 * arena->index.chunkBytes() + memory.asideBytes();
  minBudget.store(bytes, std::memory_order_relaxed);
  return bytes;
}

}  // namespace ebbcache
