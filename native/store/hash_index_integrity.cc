// Checks that the index agrees with itself and with the entries that it leads to.

#include "store/hash_index.h"

namespace ebbcache {

std::string HashIndex::checkIntegrity(const std::function<bool(Address)>& mayRead) const {
  const Shape at = shape();
  const uint64_t halfMask = at.mask >> 1;
  if (at.buckets == 0 || at.buckets - 1 > at.mask || at.buckets - 1 <= halfMask) {
    return "The index has " + std::to_string(at.buckets) + " buckets, but a mask of " +
           std::to_string(at.mask) + ".";
  }
  if (at.buckets > chunks_ * bucketsPerChunk()) {
    return "The index has more buckets than its chunks hold.";
  }
  std::vector<bool> used(overflowChunks_ * bucketsPerChunk() + 1);
  uint64_t entries = 0;
  for (uint32_t number = 0; number < at.buckets; ++number) {
    std::string fault = checkChain(number, mayRead, used, entries);
    if (!fault.empty()) return fault;
  }
  for (auto number = at.buckets; number < chunks_ * bucketsPerChunk(); ++number) {
    const Bucket& bucket = bucketAt(number);
    if (bucket.slots[0] != kNowhere || bucket.overflow != 0) {
      return "The bucket " + std::to_string(number) + " is not in use yet and not empty.";
    }
  }
  if (entries != count_) {
    return "The index counts " + std::to_string(count_) + " entries and has " +
           std::to_string(entries) + ".";
  }
  return checkFreeBuckets(used);
}

std::string HashIndex::checkChain(uint32_t number, const std::function<bool(Address)>& mayRead,
                                  std::vector<bool>& used, uint64_t& entries) const {
  const std::string where = "The bucket " + std::to_string(number);
  for (const Bucket* bucket = &bucketAt(number);;) {
    bool ended = false;
    for (uint32_t i = 0; i < Bucket::kSlots; ++i) {
      const Address address = bucket->slots[i];
      if (address == kNowhere) {
        if (bucket->tags[i] != Bucket::kNoTag) return where + " has a tag of an empty slot.";
        ended = true;
        continue;
      }
      if (ended) return where + " has an entry behind an empty slot.";
      if (!mayRead(address)) {
        return where + " has the address " + std::to_string(address) +
               ", where no live entry is, or which it has twice.";
      }
      const Entry* const entry = slabs_.at(address);
      const uint64_t hash = hash_(entry);
      if (shape().bucketOf(hash) != number) return where + " has an entry of another bucket.";
      if (Bucket::tagOf(hash) != bucket->tags[i]) return where + " has an entry of another tag.";
      if (find(hash, entry->key()).address != address) return where + " has a key twice.";
      ++entries;
    }
    const uint32_t next = bucket->overflow;
    if (next == 0) return {};
    if (ended) return where + " goes on in another one though it is not full.";
    if (next >= used.size() || used[next]) {
      return where + " goes on in an overflow bucket that is not there, or not its own.";
    }
    used[next] = true;
    bucket = &overflowAt(next);
    if (bucket->slots[0] == kNowhere) return where + " goes on in an empty bucket.";
  }
}

std::string HashIndex::checkFreeBuckets(std::vector<bool>& used) const {
  uint64_t free = 0;
  for (uint32_t number = firstFree_; number != 0; number = overflowAt(number).overflow) {
    if (number >= used.size() || used[number]) {
      return "The free overflow bucket " + std::to_string(number) +
             " is not there, or is in use too.";
    }
    used[number] = true;
    ++free;
  }
  if (free != free_) {
    return "The index counts " + std::to_string(free_) + " free overflow buckets and has " +
           std::to_string(free) + ".";
  }
  for (size_t number = 1; number < used.size(); ++number) {
    if (!used[number]) {
      return "The overflow bucket " + std::to_string(number) + " is neither in use nor free.";
    }
  }
  return {};
}

}  // namespace ebbcache
