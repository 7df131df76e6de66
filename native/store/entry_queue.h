// A queue threaded through the entries' own headers, newest to oldest.
#pragma once

#include <cstdint>

#include "store/slab_table.h"

namespace ebbcache {

class EntryQueue {
 public:
  explicit EntryQueue(SlabTable& slabs) : slabs_(slabs) {}

  Address newest() const { return newest_; }
  Address oldest() const { return oldest_; }

  void pushNewest(Address address) {
    slabs_.at(address)->setLinks(kNowhere, newest_);
    if (newest_ != kNowhere) slabs_.at(newest_)->setNewer(address);
    newest_ = address;
    if (oldest_ == kNowhere) oldest_ = address;
  }

  void remove(Address address) {
    const Entry* const entry = slabs_.at(address);
    const Address newer = entry->newer();
    const Address older = entry->older();
    if (newer != kNowhere) slabs_.at(newer)->setOlder(older);
    if (older != kNowhere) slabs_.at(older)->setNewer(newer);
    if (newest_ == address) newest_ = older;
    if (oldest_ == address) oldest_ = newer;
  }

  void makeNewest(Address address) {
    if (newest_ == address) return;
    remove(address);
    pushNewest(address);
  }

  /// Notes that the entry's bytes, links included, are at `to` now.
  void moved(Address from, Address to) {
    const Entry* const entry = slabs_.at(to);
    if (entry->newer() != kNowhere) slabs_.at(entry->newer())->setOlder(to);
    if (entry->older() != kNowhere) slabs_.at(entry->older())->setNewer(to);
    if (newest_ == from) newest_ = to;
    if (oldest_ == from) oldest_ = to;
  }

  /// Prefetches the lines that remove() and moved() need. It is safe while threads change the
  /// queue.
  void prefetchNeighbours(Address address) const {
    const Entry* const entry = slabs_.at(address);
    slabs_.prefetchHeader(entry->newer());
    slabs_.prefetchHeader(entry->older());
  }

  void clear() { newest_ = oldest_ = kNowhere; }

 private:
  SlabTable& slabs_;
  Address newest_ = kNowhere;
  Address oldest_ = kNowhere;
};

}  // namespace ebbcache
