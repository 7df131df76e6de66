// What a store tells those who listen of what leaves it.

#include <utility>

#include "store/store.h"

namespace ebbcache {

void Store::attach(std::shared_ptr<RemovalLog> log) {
  const std::lock_guard<std::mutex> lock(mutex_);
  removals_.add(std::move(log));
}

void Store::detach(const RemovalLog* log) {
  const std::lock_guard<std::mutex> lock(mutex_);
  removals_.remove(log);
}

void Store::noteRemoval(const Entry& entry, RemovalReason reason) {
  removals_.note(entry.key(), reason);
}

void Store::noteReplaced(const Entry& entry) {
  noteRemoval(entry, expired(&entry) ? RemovalReason::kExpire : RemovalReason::kReplace);
}

void Store::noteCleared() {
  // No more are looked at than the logs have room for.
  uint64_t left = arena_->index.count();
  bool noted = true;
  uint64_t cursor = 0;
  do {
    cursor = arena_->index.scan(cursor, [&](Address address) {
      if (!noted) return;
      noted = removals_.note(arena_->slabs.at(address)->key(), RemovalReason::kClear);
      --left;
    });
  } while (cursor != 0 && noted);
  removals_.lose(left);
}

}  // namespace ebbcache
