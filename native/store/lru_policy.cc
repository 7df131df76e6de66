#include "store/lru_policy.h"

namespace ebbcache {

void LruPolicy::inserted(Address address, const Admission& /*admission*/) {
  queue_.pushNewest(address);
}

void LruPolicy::hit(Address address) {
  queue_.makeNewest(address);
}

void LruPolicy::removed(Address address) {
  queue_.remove(address);
}

Address LruPolicy::evict() {
  const Address victim = queue_.oldest();
  if (victim != kNowhere) queue_.remove(victim);
  return victim;
}

void LruPolicy::moved(Address from, Address to) {
  queue_.moved(from, to);
}

void LruPolicy::clear() {
  queue_.clear();
}

}  // namespace ebbcache
