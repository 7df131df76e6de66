#include "store/hash_index.h"

#include <cstring>

namespace ebbcache {
namespace {

/// The bucket that bucket `number` was split from: itself without its highest bit.
uint32_t parentOf(uint32_t number) {
  uint32_t highest = 1;
  while (highest <= number / 2) highest *= 2;
  return number - highest;
}

}  // namespace

HashIndex::HashIndex(BudgetedMemory& memory, SlabTable& slabs, const Layout& layout)
    : memory_(memory),
      slabs_(slabs),
      layout_(layout),
      chunkBytes_(layout.indexChunkBytes),
      headsPerChunk_(static_cast<uint32_t>(layout.indexChunkBytes / sizeof(Address))) {}

HashIndex::~HashIndex() {
  for (uint64_t i = 0; i < chunks_; ++i) memory_.give(directory_[i], chunkBytes_);
  if (directory_ != nullptr) memory_.give(directory_, directoryRoom_ * sizeof(Address*));
}

bool HashIndex::reserve(uint64_t maxBytes) {
  const uint64_t wanted = layout_.indexChunks(maxBytes);
  if (wanted > directoryRoom_) {
    auto* const larger = static_cast<Address**>(memory_.take(wanted * sizeof(Address*)));
    if (larger == nullptr) return false;
    if (directory_ != nullptr) {
      std::memcpy(larger, directory_, chunks_ * sizeof(Address*));
      memory_.give(directory_, directoryRoom_ * sizeof(Address*));
    }
    directory_ = larger;
    directoryRoom_ = wanted;
  }
  if (chunks_ > 0) return true;
  if (!addChunk()) return false;
  buckets_ = 1;
  return true;
}

uint32_t HashIndex::bucketOf(uint32_t hash) const {
  const uint32_t bucket = hash & mask_;
  return bucket < buckets_ ? bucket : bucket & (mask_ >> 1);
}

unsigned HashIndex::bitsOf(uint32_t bucket) const {
  unsigned bits = 0;
  while ((uint64_t{1} << bits) <= mask_) ++bits;
  // Not split yet in this round: its upper half does not exist.
  const uint64_t upperHalf = uint64_t{bucket} + (uint64_t{mask_} + 1) / 2;
  const bool whole = bits > 0 && bucket <= mask_ >> 1 && upperHalf >= buckets_;
  return whole ? bits - 1 : bits;
}

Address HashIndex::find(uint32_t hash, std::string_view key) const {
  for (Address at = head(bucketOf(hash)); at != kNowhere;) {
    const Entry* const entry = slabs_.at(at);
    if (entry->hash == hash && entry->key() == key) return at;
    at = entry->chain;
  }
  return kNowhere;
}

void HashIndex::insert(Address address) {
  if (count_ >= buckets_ && buckets_ < bucketRoom()) split();
  Entry* const entry = slabs_.at(address);
  Address& first = head(bucketOf(entry->hash));
  entry->chain = first;
  first = address;
  ++count_;
}

void HashIndex::remove(Address address) {
  const Entry* const entry = slabs_.at(address);
  Address* link = &head(bucketOf(entry->hash));
  while (*link != address) link = &slabs_.at(*link)->chain;
  *link = entry->chain;
  --count_;
}

void HashIndex::moved(Address from, Address to) {
  Address* link = &head(bucketOf(slabs_.at(to)->hash));
  while (*link != from) link = &slabs_.at(*link)->chain;
  *link = to;
}

bool HashIndex::addChunk() {
  if (chunks_ == directoryRoom_) return false;
  auto* const chunk = static_cast<Address*>(memory_.take(chunkBytes_));
  if (chunk == nullptr) return false;
  directory_[chunks_++] = chunk;
  return true;
}

void HashIndex::split() {
  const auto fresh = static_cast<uint32_t>(buckets_++);
  if (fresh > mask_) mask_ = mask_ * 2 + 1;
  Address* link = &head(parentOf(fresh));
  Address* freshLink = &head(fresh);
  while (*link != kNowhere) {
    const Address at = *link;
    Entry* const entry = slabs_.at(at);
    if ((entry->hash & mask_) == fresh) {
      *link = entry->chain;
      *freshLink = at;
      freshLink = &entry->chain;
    } else {
      link = &entry->chain;
    }
  }
  *freshLink = kNowhere;
}

void HashIndex::merge() {
  const auto last = static_cast<uint32_t>(--buckets_);
  Address* link = &head(parentOf(last));
  while (*link != kNowhere) link = &slabs_.at(*link)->chain;
  *link = head(last);
  head(last) = kNowhere;
  if (last == (mask_ >> 1) + 1) mask_ >>= 1;
}

void HashIndex::contract() {
  while (buckets_ > 1 && buckets_ > count_) merge();
  while (chunks_ > 1 && (chunks_ - 1) * headsPerChunk_ >= buckets_) {
    memory_.give(directory_[--chunks_], chunkBytes_);
  }
}

void HashIndex::clear() {
  while (chunks_ > 1) memory_.give(directory_[--chunks_], chunkBytes_);
  std::memset(directory_[0], 0, chunkBytes_);
  buckets_ = 1;
  mask_ = 0;
  count_ = 0;
}

uint32_t HashIndex::reverseBits(uint32_t x) {
  x = (x >> 1 & 0x55555555U) | (x & 0x55555555U) << 1;
  x = (x >> 2 & 0x33333333U) | (x & 0x33333333U) << 2;
  x = (x >> 4 & 0x0f0f0f0fU) | (x & 0x0f0f0f0fU) << 4;
  x = (x >> 8 & 0x00ff00ffU) | (x & 0x00ff00ffU) << 8;
  return x >> 16 | x << 16;
}

}  // namespace ebbcache
