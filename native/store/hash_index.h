// A map from key to address: linear hashing (Litwin, 1980) over buckets of one cache line. Buckets
// are added one at a time as entries come, so there is no rehash to wait for and no second table
// that needs room.
//
// A lookup touches the bucket and, except in one case in 256, no entry but the right one. A full
// bucket continues in an overflow bucket; only the last one of such a chain has empty slots.
//
//   directory:  primary chunk 0 | 1 | 2 | ... unused ... | 1 | overflow chunk 0
//
// Splits, merges and moves of overflow buckets take the stripes that they need. A writer MUST hold
// the stripe of a hash to change where it leads, and the store's mutex for every call; a reader
// MUST hold the stripe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/lowest_bit.h"
#include "base/prefetch.h"
#include "slab/budgeted_memory.h"
#include "store/hash_bucket.h"
#include "store/key_hash.h"
#include "store/layout.h"
#include "store/slab_table.h"
#include "store/stripe_locks.h"

namespace ebbcache {

class HashIndex {
 public:
  HashIndex(BudgetedMemory& memory, SlabTable& slabs, const Layout& layout, const KeyHash& hash,
            StripeLocks& stripes);
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// Makes the directory large enough for a budget; returns false when its memory is refused. All
  /// stripes MUST be held.
  bool reserve(uint64_t maxBytes);
  /// The bytes that reserve() would have to take for a budget, once there is a chunk.
  uint64_t growthFor(uint64_t maxBytes) const;
  /// The exact size of the directory for a budget, in bytes.
  static uint64_t directoryBytesFor(const Layout& layout, uint64_t maxBytes);

  /// The part of an entry that is found that the caller will read.
  enum class Wanted : uint8_t { kHeader, kValue };

  struct Found {
    Address address = kNowhere;
    /// The entry; null when there is none.
    Entry* entry = nullptr;
  };

  template <Wanted kWanted = Wanted::kHeader>
  Found find(uint64_t hash, std::string_view key) const {
    const uint8_t tag = Bucket::tagOf(hash);
    for (const Bucket* bucket = &bucketOf(hash);; bucket = &overflowAt(bucket->overflow)) {
      for (uint32_t slots = bucket->slotsWith(tag); slots != 0; slots &= slots - 1) {
        const Address address = bucket->slots[lowestBit(slots)];
        Entry* const entry = slabs_.at(address);
        prefetchBytes<kWanted == Wanted::kValue ? kValuePrefetch : kHeaderPrefetch>(entry);
        if (entry->hasKey(key)) return {address, entry};
      }
      if (bucket->overflow == 0) return {};
    }
  }
  void prefetchBucket(uint64_t hash) const { prefetch(&bucketOf(hash)); }

  /// Splits a bucket when one is due and there is room for it.
  void grow();
  /// Whether the next split, or the next overflow, needs a chunk that does not exist yet.
  bool wantsChunk() const;
  /// Adds the chunk that is wanted; returns false when its memory is refused.
  bool addChunk();
  /// Returns false when an entry would need an overflow bucket and there is none.
  bool hasRoomFor(uint64_t hash) const;
  /// Links an entry that is not in the index yet. hasRoomFor() MUST be true for the hash.
  void insert(uint64_t hash, Address address);
  void remove(uint64_t hash, Address address);
  /// Notes that the entry is at `to` now.
  void moved(uint64_t hash, Address from, Address to);

  /// Merges buckets of which there have become too many, and gives back the chunks that this
  /// empties. Returns false where more than `maxMerges` are to be merged: then the next call
  /// continues. A bounded call gives back no overflow chunks where very many of their buckets are
  /// free.
  bool contract(uint64_t maxMerges = UINT64_MAX);
  /// Whether contract() would give back half of the buckets or more.
  bool isSparse() const;
  /// Removes all entries. All stripes MUST be held.
  void clear();

  /// Visits every entry of the bucket at `cursor` and returns the next cursor; 0 begins and ends.
  /// Positions are hashes with their bits reversed: a bucket that splits or merges between two
  /// calls keeps its place in that order, so an entry that is there all the time is visited exactly
  /// once. The stripe of hashAt(cursor), or the store's mutex, MUST be held.
  template <typename Visitor>
  uint64_t scan(uint64_t cursor, Visitor&& visit) const {
    const auto position = static_cast<uint32_t>(cursor);
    const Shape shape = this->shape();
    const uint32_t number = shape.bucketOf(reverseBits(position));
    const Bucket* bucket = &bucketAt(number);
    for (uint32_t i = 0;; ++i) {
      if (i == Bucket::kSlots) {
        if (bucket->overflow == 0) break;
        bucket = &overflowAt(bucket->overflow);
        i = 0;
      }
      if (bucket->slots[i] == kNowhere) break;
      const auto hash = static_cast<uint32_t>(hash_(slabs_.at(bucket->slots[i])));
      if (reverseBits(hash) >= position) visit(bucket->slots[i]);
    }
    const uint64_t width = uint64_t{1} << (32 - shape.bitsOf(number));
    const uint64_t next = (position & ~(width - 1)) + width;
    return next >> 32 != 0 ? 0 : next;
  }
  /// Checks that every entry is in the bucket of its hash with its tag, and that chains, free
  /// buckets and counts agree. Returns an empty string when they do, else a sentence on the fault.
  /// `mayRead` is asked for each address before its entry is read. All stripes MUST be held.
  std::string checkIntegrity(const std::function<bool(Address address)>& mayRead) const;
  static uint64_t hashAt(uint64_t cursor) { return reverseBits(static_cast<uint32_t>(cursor)); }

  uint64_t count() const { return count_; }
  /// The bytes that are mapped for the directory, and for chunks.
  uint64_t directoryBytes() const { return memory_.wholePages(directoryRoom_ * sizeof(Bucket*)); }
  uint64_t chunksBytes() const { return (chunks_ + overflowChunks_) * chunkBytes_; }
  uint64_t chunkBytes() const { return chunkBytes_; }

 private:
  /// The bytes that are prefetched of an entry whose value will be read, while its key is compared:
  /// all of an entry of common size, and the beginning of a larger one.
  static constexpr uint64_t kValuePrefetch = 704;
  static constexpr uint64_t kHeaderPrefetch = 128;

  using Bucket = HashBucket;

  /// The number of buckets. Readers load it as one word while a writer changes it. For any hash
  /// that is not in the bucket being split or merged, both shapes choose the same bucket.
  struct Shape {
    uint32_t buckets;
    /// The smallest 2^n - 1 that covers all bucket numbers.
    uint32_t mask;

    uint32_t bucketOf(uint64_t hash) const {
      const uint32_t number = static_cast<uint32_t>(hash) & mask;
      return number < buckets ? number : number & mask >> 1;
    }
    /// The number of hash bits that choose a bucket: one more for the halves of a bucket already
    /// split.
    unsigned bitsOf(uint32_t number) const;
  };

  // Relaxed order suffices: a split or merge holds the stripe of its buckets, so a reader of that
  // stripe sees the shape and the chunk that came with it. For a reader of another stripe both
  // shapes choose the same bucket.
  Shape shape() const {
    const uint64_t word = shape_.load(std::memory_order_relaxed);
    return {static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32)};
  }
  void setShape(uint32_t buckets, uint32_t mask) {
    shape_.store(uint64_t{mask} << 32 | buckets, std::memory_order_relaxed);
  }
  static uint32_t reverseBits(uint32_t x);

  Bucket& bucketAt(uint32_t number) const {
    return directory_[number >> chunkShift_][number & chunkMask_];
  }
  Bucket& overflowAt(uint32_t number) const {
    const uint32_t index = number - 1;
    return directory_[directoryRoom_ - 1 - (index >> chunkShift_)][index & chunkMask_];
  }
  Bucket& bucketOf(uint64_t hash) const { return bucketAt(shape().bucketOf(hash)); }
  uint64_t bucketsPerChunk() const { return uint64_t{chunkMask_} + 1; }

  /// The place of an address or, for kNowhere, that of the next entry of the chain.
  struct Place {
    Bucket* bucket;
    /// The number of the slot; kSlots when the chain is full.
    uint32_t slot;
    /// The bucket that continues in `bucket`; null for a primary one.
    Bucket* previous;
  };
  Place placeOf(Bucket& first, Address address) const;
  void put(Bucket& first, uint8_t tag, Address address);
  void split(Shape shape);
  bool merge(Shape shape);
  /// The number of entries in a chain, and of its overflow buckets.
  struct Chain {
    uint64_t entries;
    uint64_t overflows;
  };
  Chain measure(const Bucket& first) const;
  uint32_t takeOverflow();
  void freeOverflow(uint32_t number);
  void truncate(const Place& from);
  uint64_t spareOverflows() const;
  /// Does checkIntegrity() for one chain; adds its overflow buckets to `used`.
  std::string checkChain(uint32_t number, const std::function<bool(Address)>& mayRead,
                         std::vector<bool>& used, uint64_t& entries) const;
  std::string checkFreeBuckets(std::vector<bool>& used) const;
  void dropOverflowChunks();

  BudgetedMemory& memory_;
  SlabTable& slabs_;
  const KeyHash& hash_;
  StripeLocks& stripes_;
  const uint64_t chunkBytes_;
  unsigned chunkShift_ = 0;
  uint32_t chunkMask_;
  const Layout layout_;

  Bucket** directory_ = nullptr;
  uint64_t directoryRoom_ = 0;
  uint64_t chunks_ = 0;
  uint64_t overflowChunks_ = 0;
  /// The first of the free overflow buckets, which are linked by their `overflow`.
  uint32_t firstFree_ = 0;
  uint64_t free_ = 0;
  std::atomic<uint64_t> shape_{0};
  uint64_t count_ = 0;
};

}  // namespace ebbcache
