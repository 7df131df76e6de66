// From key to address: linear hashing (Litwin, 1980). Buckets are added one at a time as entries
// come, so there is no rehash to wait for and no second table to find room for.
//
//   directory            chunks of bucket heads           chains through the entries
//   +---+---+---+        +------+------+-- --+------+     +-------+      +-------+
//   | o | o |   |  --->  | head | head |     | head | --> | entry | -->  | entry | --> 0
//   +---+---+---+        +------+------+-- --+------+     +-------+      +-------+
#pragma once

#include <cstdint>
#include <string_view>

#include "slab/budgeted_memory.h"
#include "store/layout.h"
#include "store/slab_table.h"

namespace ebbcache {

class HashIndex {
 public:
  HashIndex(BudgetedMemory& memory, SlabTable& slabs, const Layout& layout);
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// Makes the directory large enough for a budget; false when its memory is refused.
  bool reserve(uint64_t maxBytes);

  Address find(uint32_t hash, std::string_view key) const;
  /// Links an entry that is not there yet; grows by a bucket when due and possible.
  void insert(Address address);
  void remove(Address address);
  /// An entry's bytes now lie at `to`; its header there still holds its chain.
  void moved(Address from, Address to);

  /// True when one more entry wants a bucket for which there is no memory yet.
  bool wantsChunk() const { return count_ >= buckets_ && buckets_ == bucketRoom(); }
  bool addChunk();
  /// Merges buckets until there is one for each entry, and gives the rest back.
  void contract();
  void clear();

  /// Visits every entry of the bucket at `cursor` and returns the next cursor; 0 begins and ends.
  /// Positions are hashes with their bits reversed: a bucket that splits or merges between two
  /// calls keeps its place in that order, so an entry there all along is visited exactly once.
  template <typename Visitor>
  uint64_t scan(uint64_t cursor, Visitor&& visit) const {
    const auto position = static_cast<uint32_t>(cursor);
    const uint32_t bucket = bucketOf(reverseBits(position));
    for (Address at = head(bucket); at != kNowhere; at = slabs_.at(at)->chain) {
      if (reverseBits(slabs_.at(at)->hash) >= position) visit(at);
    }
    const uint64_t width = uint64_t{1} << (32 - bitsOf(bucket));
    const uint64_t next = (position & ~(width - 1)) + width;
    return next >> 32 != 0 ? 0 : next;
  }

  uint64_t count() const { return count_; }
  /// Mapped for directory and chunks.
  uint64_t indexBytes() const { return indexBytesWhenEmpty() + (chunks_ - 1) * chunkBytes_; }
  uint64_t indexBytesWhenEmpty() const {
    return memory_.wholePages(directoryRoom_ * sizeof(Address*)) + chunkBytes_;
  }
  uint64_t chunkBytes() const { return chunkBytes_; }

 private:
  uint64_t bucketRoom() const { return chunks_ * headsPerChunk_; }
  /// Hash bits that choose a bucket: one more for the halves of a bucket already split.
  unsigned bitsOf(uint32_t bucket) const;
  uint32_t bucketOf(uint32_t hash) const;
  Address& head(uint32_t bucket) const {
    return directory_[bucket / headsPerChunk_][bucket % headsPerChunk_];
  }
  void split();
  void merge();
  static uint32_t reverseBits(uint32_t x);

  BudgetedMemory& memory_;
  SlabTable& slabs_;
  Layout layout_;
  uint64_t chunkBytes_;
  uint32_t headsPerChunk_;
  Address** directory_ = nullptr;
  uint64_t directoryRoom_ = 0;
  uint64_t chunks_ = 0;
  uint64_t buckets_ = 0;
  /// Smallest 2^n - 1 that covers all bucket numbers.
  uint32_t mask_ = 0;
  uint64_t count_ = 0;
};

}  // namespace ebbcache
