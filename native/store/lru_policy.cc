#include "store/lru_policy.h"

#include <cstring>
#include <mutex>

namespace ebbcache {

void LruPolicy::applyHits(const Address* first, const Address* last) {
  const std::lock_guard<SpinLock> lock(queueLock_);
  for (const Address* at = first; at != last; ++at) queue_.makeNewest(*at);
}

void LruPolicy::flushHits() {
  hits_.flush([this](const Address* first, const Address* last) { applyHits(first, last); });
}

void LruPolicy::inserted(Address address, uint64_t /*hash*/, const Admission& /*admission*/) {
  flushHits();
  const std::lock_guard<SpinLock> lock(queueLock_);
  queue_.pushNewest(address);
}

void LruPolicy::hit(Address address) {
  // These lines are in the cache by the time at which the buffer is full.
  queue_.prefetchNeighbours(address);
  hits_.add(address, [this](const Address* first, const Address* last) { applyHits(first, last); });
}

void LruPolicy::removed(Address address) {
  flushHits();
  const std::lock_guard<SpinLock> lock(queueLock_);
  queue_.remove(address);
}

Address LruPolicy::victim() {
  flushHits();
  const std::lock_guard<SpinLock> lock(queueLock_);
  return queue_.oldest();
}

void LruPolicy::evicted(Address address, uint64_t /*hash*/) {
  flushHits();
  const std::lock_guard<SpinLock> lock(queueLock_);
  queue_.remove(address);
}

void LruPolicy::prepareMove(Address address) const {
  queue_.prefetchNeighbours(address);
}

void LruPolicy::move(Address from, Address to) {
  flushHits();
  // Other threads that apply hits write the links of this entry's header.
  const std::lock_guard<SpinLock> lock(queueLock_);
  std::memmove(static_cast<void*>(slabs_.at(to)), slabs_.at(from), slabs_.at(from)->bytes());
  queue_.moved(from, to);
}

void LruPolicy::clear() {
  flushHits();
  const std::lock_guard<SpinLock> lock(queueLock_);
  queue_.clear();
}

}  // namespace ebbcache
