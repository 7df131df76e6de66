// Where entries lie: appended to the open slab, and when they die, compacted within their slab so
// that its end is free again. Compaction in place needs no spare slab, so a full budget stays full.
//
//   before:  | A | dead | B | dead | C |  end  |
//   after:   | A | B | C |           end       |
#pragma once

#include <algorithm>
#include <cstdint>

#include "store/entry.h"
#include "store/layout.h"
#include "store/slab_table.h"

namespace ebbcache {

/// Told of every live entry whose bytes were copied, before anything else moves.
class Relocations {
 public:
  virtual ~Relocations() = default;
  virtual void moved(Address from, Address to) = 0;
};

class EntryLog {
 public:
  EntryLog(SlabTable& slabs, const Layout& layout, Relocations& relocations);

  /// Room for an entry that fits a slab, in the open one; nowhere when its end is too short.
  Address append(uint64_t bytes);
  /// Room for an entry too large to share a slab, mapped for it alone; nowhere when refused.
  Address appendSingle(uint64_t bytes);
  /// Opens a fresh slab; false when refused.
  bool openFresh();
  /// Compacts the slab with the fewest live bytes and opens it; false when even that would not have
  /// `bytes` free.
  bool openCompacted(uint64_t bytes);

  /// Moves the live entries of the emptiest slab into the others and opens it; false when they have
  /// no room for them. For an entry that no slab has room for even when compacted.
  bool openEvacuated();

  /// The entry is dead: its bytes are free for the next compaction, or at once if it lay alone.
  void release(Address address);
  /// Gives the slabs without live entries back to the system.
  void dropEmptySlabs();
  /// Moves the live entries of the emptiest slab into the others and gives it back; false when
  /// they have no room for them.
  bool dropOneSlab();
  void clear();

  /// An entry of this slab expires at `at`.
  void noteExpiry(Address address, uint64_t at);
  /// Visits the entries of one slab that have a time to live, if one of them may have expired. The
  /// visitor may release what it is given. The slab is not due again for `spacing` ms, so that the
  /// cost is bounded however the times to live are spread.
  template <typename Visitor>
  void sweepExpired(uint32_t number, uint64_t now, uint64_t spacing, Visitor&& visit) {
    if (!slabs_[number].used() || slabs_[number].nextSweep > now) return;
    uint64_t earliest = kNeverExpires;
    const uint64_t tail = slabs_[number].tail;
    for (uint64_t offset = 0; offset < tail;) {
      const Address address = slabs_.addressOf(number, offset);
      const Entry* const entry = slabs_.at(address);
      const uint64_t expiry = entry->expiry();
      offset += entry->bytes();
      if (!entry->live() || expiry == kNeverExpires) continue;
      if (expiry <= now) {
        visit(address);
      } else {
        earliest = std::min(earliest, std::max(expiry, now + spacing));
      }
    }
    slabs_[number].nextSweep = earliest;
  }

  /// Bytes of slabs that entries share, and of live entries in them.
  uint64_t sharedBytes() const { return sharedSlabs_ * layout_.slabBytes; }
  uint64_t sharedLiveBytes() const { return sharedLiveBytes_; }
  /// Mapped for entries that lie alone.
  uint64_t singleBytes() const { return singleBytes_; }

 private:
  uint32_t emptiestShared(uint32_t exceptFor) const;
  void compact(uint32_t number);
  void drop(uint32_t number);
  bool evacuate(uint32_t number);

  SlabTable& slabs_;
  Layout layout_;
  Relocations& relocations_;
  uint32_t open_ = 0;
  uint64_t sharedSlabs_ = 0;
  uint64_t sharedLiveBytes_ = 0;
  uint64_t singleBytes_ = 0;
};

}  // namespace ebbcache
