// A queue threaded through the entries' own headers, newest to oldest.
#pragma once

#include <cstdint>

#include "store/slab_table.h"

namespace ebbcache {

class EntryQueue {
 public:
  explicit EntryQueue(SlabTable& slabs) : slabs_(slabs) {}

  Address oldest() const { return oldest_; }
  uint64_t bytes() const { return bytes_; }

  void pushNewest(Address address) {
    Entry* const entry = slabs_.at(address);
    entry->newer = kNowhere;
    entry->older = newest_;
    if (newest_ != kNowhere) slabs_.at(newest_)->newer = address;
    newest_ = address;
    if (oldest_ == kNowhere) oldest_ = address;
    bytes_ += entry->bytes();
  }

  void remove(Address address) {
    const Entry* const entry = slabs_.at(address);
    relink(entry, entry->older, entry->newer);
    if (newest_ == address) newest_ = entry->older;
    if (oldest_ == address) oldest_ = entry->newer;
    bytes_ -= entry->bytes();
  }

  void makeNewest(Address address) {
    if (newest_ == address) return;
    remove(address);
    pushNewest(address);
  }

  /// The entry's bytes, links included, now lie at `to`.
  void moved(Address from, Address to) {
    relink(slabs_.at(to), to, to);
    if (newest_ == from) newest_ = to;
    if (oldest_ == from) oldest_ = to;
  }

  void clear() {
    newest_ = oldest_ = kNowhere;
    bytes_ = 0;
  }

 private:
  /// Lets the entry's neighbours point elsewhere.
  void relink(const Entry* entry, Address fromNewer, Address fromOlder) {
    if (entry->newer != kNowhere) slabs_.at(entry->newer)->older = fromNewer;
    if (entry->older != kNowhere) slabs_.at(entry->older)->newer = fromOlder;
  }

  SlabTable& slabs_;
  Address newest_ = kNowhere;
  Address oldest_ = kNowhere;
  uint64_t bytes_ = 0;
};

}  // namespace ebbcache
