#include "store/hash_index.h"

#include <algorithm>
#include <cstring>

namespace ebbcache {
namespace {

/// The average number of entries per bucket above which a bucket is split. With nine entries in
/// twelve slots about one bucket in seven overflows, and an entry's share of all buckets is 8 to
/// 8.5 bytes.
constexpr uint64_t kEntriesPerBucket = 9;
/// The average number of entries per bucket below which buckets are merged. The distance of the two
/// avoids alternating splits and merges.
constexpr uint64_t kFewestPerBucket = 6;
/// Giving back overflow buckets takes a walk along all free ones, which cannot be done in steps.
/// With more free ones than this and a chunk, the walk waits for a call without a bound.
constexpr uint64_t kFreeInOneStep = 4096;

/// The bucket that bucket `number` was split from: the number without its highest bit.
uint32_t parentOf(uint32_t number) {
  uint32_t highest = 1;
  while (highest <= number / 2) highest *= 2;
  return number - highest;
}

/// The directory entries for the chunks of a budget whose entries all have the smallest size, and a
/// quarter more for overflows.
uint64_t directoryRoomFor(const Layout& layout, uint64_t maxBytes, uint64_t bucketBytes) {
  const uint64_t buckets = maxBytes / kSmallestEntryBytes / kEntriesPerBucket + 1;
  const uint64_t chunks = buckets * bucketBytes / layout.indexChunkBytes + 1;
  return chunks + chunks / 4 + 2;
}

}  // namespace

HashIndex::HashIndex(BudgetedMemory& memory, SlabTable& slabs, const Layout& layout,
                     const KeyHash& hash, StripeLocks& stripes)
    : memory_(memory),
      slabs_(slabs),
      hash_(hash),
      stripes_(stripes),
      chunkBytes_(layout.indexChunkBytes),
      chunkMask_(static_cast<uint32_t>(layout.indexChunkBytes / sizeof(Bucket)) - 1),
      layout_(layout) {
  while (uint64_t{1} << chunkShift_ < bucketsPerChunk()) ++chunkShift_;
}

HashIndex::~HashIndex() {
  if (directory_ == nullptr) return;
  for (uint64_t i = 0; i < chunks_; ++i) memory_.release(directory_[i], chunkBytes_);
  for (uint64_t i = 0; i < overflowChunks_; ++i) {
    memory_.release(directory_[directoryRoom_ - 1 - i], chunkBytes_);
  }
  memory_.release(directory_, directoryRoom_ * sizeof(Bucket*));
}

uint64_t HashIndex::directoryBytesFor(const Layout& layout, uint64_t maxBytes) {
  return directoryRoomFor(layout, maxBytes, sizeof(Bucket)) * sizeof(Bucket*);
}

uint64_t HashIndex::growthFor(uint64_t maxBytes) const {
  const uint64_t wanted = directoryRoomFor(layout_, maxBytes, sizeof(Bucket));
  return wanted <= directoryRoom_ ? 0 : memory_.wholePages(wanted * sizeof(Bucket*));
}

bool HashIndex::reserve(uint64_t maxBytes) {
  const uint64_t wanted = directoryRoomFor(layout_, maxBytes, sizeof(Bucket));
  if (wanted > directoryRoom_) {
    auto* const larger = static_cast<Bucket**>(memory_.take(wanted * sizeof(Bucket*)));
    if (larger == nullptr) return false;
    if (directory_ != nullptr) {
      std::memcpy(larger, directory_, chunks_ * sizeof(Bucket*));
      std::memcpy(larger + (wanted - overflowChunks_),
                  directory_ + (directoryRoom_ - overflowChunks_),
                  overflowChunks_ * sizeof(Bucket*));
      memory_.release(directory_, directoryRoom_ * sizeof(Bucket*));
    }
    directory_ = larger;
    directoryRoom_ = wanted;
  }
  if (chunks_ > 0) return true;
  directory_[0] = static_cast<Bucket*>(memory_.take(chunkBytes_));
  if (directory_[0] == nullptr) return false;
  chunks_ = 1;
  setShape(StripeLocks::kStripes, StripeLocks::kStripes - 1);
  return true;
}

unsigned HashIndex::Shape::bitsOf(uint32_t number) const {
  unsigned bits = 0;
  while ((uint64_t{1} << bits) <= mask) ++bits;
  // The bucket was not split yet in this round: its upper half does not exist.
  const uint64_t upperHalf = uint64_t{number} + (uint64_t{mask} + 1) / 2;
  const bool whole = number <= mask >> 1 && upperHalf >= buckets;
  return whole ? bits - 1 : bits;
}

// ---------------------------------------------------------------- entries

HashIndex::Place HashIndex::placeOf(Bucket& first, Address address) const {
  Place place{&first, 0, nullptr};
  for (;;) {
    for (place.slot = 0; place.slot < Bucket::kSlots; ++place.slot) {
      if (place.bucket->slots[place.slot] == address) return place;
    }
    if (place.bucket->overflow == 0) return place;
    place.previous = place.bucket;
    place.bucket = &overflowAt(place.bucket->overflow);
  }
}

bool HashIndex::hasRoomFor(uint64_t hash) const {
  return free_ > 0 || placeOf(bucketOf(hash), kNowhere).slot < Bucket::kSlots;
}

void HashIndex::put(Bucket& first, uint8_t tag, Address address) {
  Place place = placeOf(first, kNowhere);
  if (place.slot == Bucket::kSlots) {
    place.bucket->overflow = takeOverflow();
    place = {&overflowAt(place.bucket->overflow), 0, place.bucket};
  }
  place.bucket->tags[place.slot] = tag;
  place.bucket->slots[place.slot] = address;
}

void HashIndex::insert(uint64_t hash, Address address) {
  put(bucketOf(hash), Bucket::tagOf(hash), address);
  ++count_;
}

void HashIndex::remove(uint64_t hash, Address address) {
  Bucket& first = bucketOf(hash);
  const Place hole = placeOf(first, address);
  // The last entry of the chain fills the hole.
  Place last = hole;
  while (last.bucket->overflow != 0) {
    last = {&overflowAt(last.bucket->overflow), 0, last.bucket};
  }
  while (last.slot + 1 < Bucket::kSlots && last.bucket->slots[last.slot + 1] != kNowhere) {
    ++last.slot;
  }
  hole.bucket->tags[hole.slot] = last.bucket->tags[last.slot];
  hole.bucket->slots[hole.slot] = last.bucket->slots[last.slot];
  last.bucket->tags[last.slot] = Bucket::kNoTag;
  last.bucket->slots[last.slot] = kNowhere;
  if (last.slot == 0) truncate(last);
  --count_;
}

/// Empties the last bucket of a chain from a slot on, and frees the bucket if that is its first.
void HashIndex::truncate(const Place& from) {
  for (uint32_t i = from.slot; i < Bucket::kSlots; ++i) {
    from.bucket->tags[i] = Bucket::kNoTag;
    from.bucket->slots[i] = kNowhere;
  }
  if (from.slot > 0 || from.previous == nullptr) return;
  freeOverflow(from.previous->overflow);
  from.previous->overflow = 0;
}

void HashIndex::moved(uint64_t hash, Address from, Address to) {
  const Place place = placeOf(bucketOf(hash), from);
  place.bucket->slots[place.slot] = to;
}

// ---------------------------------------------------------------- growing and shrinking

bool HashIndex::wantsChunk() const {
  const uint64_t buckets = shape().buckets;
  return (count_ >= buckets * kEntriesPerBucket && buckets == chunks_ * bucketsPerChunk()) ||
         free_ < std::min(spareOverflows(), uint64_t{1});
}

/// The number of overflow buckets that are kept: a chunk, once there are enough entries for one to
/// be likely.
uint64_t HashIndex::spareOverflows() const {
  return count_ >= shape().buckets * kFewestPerBucket / 2 ? bucketsPerChunk() : 0;
}

bool HashIndex::addChunk() {
  if (chunks_ + overflowChunks_ == directoryRoom_) return false;
  auto* const chunk = static_cast<Bucket*>(memory_.take(chunkBytes_));
  if (chunk == nullptr) return false;
  if (free_ > 0) {
    directory_[chunks_++] = chunk;
    return true;
  }
  const auto first = static_cast<uint32_t>(overflowChunks_ * bucketsPerChunk()) + 1;
  directory_[directoryRoom_ - 1 - overflowChunks_++] = chunk;
  for (auto i = static_cast<uint32_t>(bucketsPerChunk()); i-- > 0;) freeOverflow(first + i);
  return true;
}

uint32_t HashIndex::takeOverflow() {
  const uint32_t number = firstFree_;
  Bucket& bucket = overflowAt(number);
  firstFree_ = bucket.overflow;
  bucket.overflow = 0;
  --free_;
  return number;
}

void HashIndex::freeOverflow(uint32_t number) {
  Bucket& bucket = overflowAt(number);
  bucket.slots[0] = kNowhere;
  bucket.overflow = firstFree_;
  firstFree_ = number;
  ++free_;
}

HashIndex::Chain HashIndex::measure(const Bucket& first) const {
  Chain chain{0, 0};
  const Bucket* bucket = &first;
  for (; bucket->overflow != 0; bucket = &overflowAt(bucket->overflow)) {
    chain.entries += Bucket::kSlots;
    ++chain.overflows;
  }
  for (uint32_t i = 0; i < Bucket::kSlots && bucket->slots[i] != kNowhere; ++i) ++chain.entries;
  return chain;
}

void HashIndex::grow() {
  const Shape shape = this->shape();
  if (count_ < shape.buckets * kEntriesPerBucket) return;
  if (shape.buckets < chunks_ * bucketsPerChunk() && shape.buckets <= UINT32_MAX / 2) split(shape);
}

void HashIndex::split(Shape shape) {
  const uint32_t fresh = shape.buckets;
  const WriterStripe stripe(stripes_, fresh);
  Bucket& parent = bucketAt(parentOf(fresh));
  // All entries may go to the fresh bucket, which then needs as many overflow buckets.
  if (measure(parent).overflows > free_) return;
  for (const Bucket* bucket = &parent;; bucket = &overflowAt(bucket->overflow)) {
    for (const Address address : bucket->slots) {
      if (address != kNowhere) prefetch(slabs_.at(address));
    }
    if (bucket->overflow == 0) break;
  }

  const uint32_t mask = fresh > shape.mask ? shape.mask * 2 + 1 : shape.mask;
  Bucket& freshBucket = bucketAt(fresh);
  // The entries that stay are moved up behind `kept`.
  Place kept{&parent, 0, nullptr};
  const auto keep = [&](uint8_t tag, Address address) {
    if (kept.slot == Bucket::kSlots) kept = {&overflowAt(kept.bucket->overflow), 0, kept.bucket};
    kept.bucket->tags[kept.slot] = tag;
    kept.bucket->slots[kept.slot++] = address;
  };
  Bucket* bucket = &parent;
  for (uint32_t i = 0;; ++i) {
    if (i == Bucket::kSlots) {
      if (bucket->overflow == 0) break;
      bucket = &overflowAt(bucket->overflow);
      i = 0;
    }
    const Address address = bucket->slots[i];
    if (address == kNowhere) break;
    const uint8_t tag = bucket->tags[i];
    if ((static_cast<uint32_t>(hash_(slabs_.at(address))) & mask) == fresh) {
      put(freshBucket, tag, address);
    } else {
      keep(tag, address);
    }
  }
  // All behind `kept` is empty now: the rest of its bucket, and the buckets after that.
  while (kept.bucket->overflow != 0) {
    Place last{kept.bucket, 0, nullptr};
    while (last.bucket->overflow != 0) {
      last = {&overflowAt(last.bucket->overflow), 0, last.bucket};
    }
    truncate(last);
  }
  if (kept.slot < Bucket::kSlots) truncate(kept);
  setShape(fresh + 1, mask);
}

bool HashIndex::merge(Shape shape) {
  const uint32_t last = shape.buckets - 1;
  const WriterStripe stripe(stripes_, last);
  Bucket& from = bucketAt(last);
  Bucket& into = bucketAt(parentOf(last));
  const uint64_t entries = measure(into).entries + measure(from).entries;
  if (entries > Bucket::kSlots * (1 + measure(into).overflows + free_)) return false;
  Bucket* bucket = &from;
  for (uint32_t number = 0;;) {
    for (uint32_t i = 0; i < Bucket::kSlots && bucket->slots[i] != kNowhere; ++i) {
      put(into, bucket->tags[i], bucket->slots[i]);
      bucket->tags[i] = Bucket::kNoTag;
      bucket->slots[i] = kNowhere;
    }
    const uint32_t next = bucket->overflow;
    bucket->overflow = 0;
    if (number != 0) freeOverflow(number);
    if (next == 0) break;
    number = next;
    bucket = &overflowAt(number);
  }
  const bool halves = last == (shape.mask >> 1) + 1;
  setShape(last, halves ? shape.mask >> 1 : shape.mask);
  return true;
}

bool HashIndex::isSparse() const {
  const uint64_t buckets = shape().buckets;
  return buckets > StripeLocks::kStripes && count_ < buckets * kFewestPerBucket / 2;
}

bool HashIndex::contract(uint64_t maxMerges) {
  const bool inSteps = maxMerges != UINT64_MAX;
  bool all = true;
  for (Shape at = shape(); at.buckets > StripeLocks::kStripes; at = shape()) {
    if (count_ >= (at.buckets - 1) * kFewestPerBucket) break;
    all = maxMerges-- > 0;
    if (!all || !merge(at)) break;
  }
  while (chunks_ > 1 && (chunks_ - 1) * bucketsPerChunk() >= shape().buckets) {
    memory_.release(directory_[--chunks_], chunkBytes_);
  }
  const bool walksFar = free_ >= kFreeInOneStep + bucketsPerChunk();
  if (free_ >= bucketsPerChunk() + spareOverflows() && !(inSteps && walksFar)) dropOverflowChunks();
  return all;
}

/// Gives back as many of the last overflow chunks as there are chunks' worth of free buckets; their
/// used buckets move to free buckets of the other chunks.
void HashIndex::dropOverflowChunks() {
  const uint64_t kept = overflowChunks_ - (free_ - spareOverflows()) / bucketsPerChunk();
  const auto first = static_cast<uint32_t>(kept * bucketsPerChunk()) + 1;
  const auto end = static_cast<uint32_t>(overflowChunks_ * bucketsPerChunk()) + 1;
  // The free ones below `first` stay; they are enough for the used ones above it.
  uint32_t* link = &firstFree_;
  while (*link != 0) {
    Bucket& bucket = overflowAt(*link);
    if (*link < first) {
      link = &bucket.overflow;
    } else {
      *link = bucket.overflow;
      --free_;
    }
  }
  for (uint32_t number = first; number < end; ++number) {
    const Bucket& bucket = overflowAt(number);
    if (bucket.slots[0] == kNowhere) continue;
    const uint64_t hash = hash_(slabs_.at(bucket.slots[0]));
    const WriterStripe stripe(stripes_, hash);
    Bucket* previous = &bucketOf(hash);
    while (previous->overflow != number) previous = &overflowAt(previous->overflow);
    const uint32_t other = takeOverflow();
    overflowAt(other) = bucket;
    previous->overflow = other;
  }
  while (overflowChunks_ > kept) {
    memory_.release(directory_[directoryRoom_ - overflowChunks_--], chunkBytes_);
  }
}

void HashIndex::clear() {
  while (chunks_ > 1) memory_.release(directory_[--chunks_], chunkBytes_);
  while (overflowChunks_ > 0) {
    memory_.release(directory_[directoryRoom_ - overflowChunks_--], chunkBytes_);
  }
  std::memset(static_cast<void*>(directory_[0]), 0, chunkBytes_);
  firstFree_ = 0;
  free_ = 0;
  setShape(StripeLocks::kStripes, StripeLocks::kStripes - 1);
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
