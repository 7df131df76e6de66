// The log places entries: it appends them to the open slab, first into the gaps that dead entries
// left there (hole plugging), and then at its end. A gap that is too short for an entry is widened:
// over dead entries behind it, and by moving live ones to its front.
//
//   open slab:   | A | B |  gap  | C | dead | D |   end   |
//                        ^to     ^from
//
// Where entries die in the order in which they came, gaps are long and nothing is moved; where all
// have one size, every gap fits the next entry. Compaction in place needs no spare slab, so a full
// budget stays full. A dead entry stands for a gap, so that a slab can always be walked.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "store/entry.h"
#include "store/expiry_sweep.h"
#include "store/layout.h"
#include "store/slab_table.h"

namespace ebbcache {

/// Moves entries for the log, with all that refers to them.
class EntryRelocator {
 public:
  virtual ~EntryRelocator() = default;
  /// Returns the hash of an entry that will move soon, and prefetches what the move needs.
  virtual uint64_t prepareMove(Address address) = 0;
  virtual void move(Address from, Address to, uint64_t hash) = 0;
};

class EntryLog {
 public:
  EntryLog(SlabTable& slabs, const Layout& layout, EntryRelocator& relocator);

  /// Returns room in the open slab for an entry that fits a slab; nowhere when there is none.
  Address append(uint64_t bytes);
  /// Takes over a large entry of `bytes`, whose mapping has whole pages. Returns nowhere when there
  /// are no slots: then the mapping still belongs to the caller.
  Address adoptLarge(void* mapping, uint64_t bytes);
  /// Removes a large entry from the log and returns its mapping, which then belongs to the caller.
  void* detachLarge(Address address);
  /// Takes back the room that was returned last. The caller MUST NOT have written to it.
  void retract(Address address, uint64_t bytes);
  /// Opens a fresh slab; returns false when it is refused.
  bool openFresh();
  /// Opens the slab with the fewest live bytes; returns false when even that one would not have
  /// `bytes` free, or when the open slab took no entry either.
  bool openEmptiest(uint64_t bytes);
  /// Compacts the slab with the fewest live bytes and opens it; returns false when even that one
  /// would not have `bytes` free.
  bool openCompacted(uint64_t bytes);
  /// Moves the live entries of the emptiest slab into the others and opens it; returns false when
  /// they have no room. This is for an entry that fits no slab even when that is compacted.
  bool openEvacuated();

  /// The cost so far of the entries that were appended to the open slab.
  struct Pass {
    uint64_t appendedBytes = 0;
    uint64_t movedBytes = 0;
    /// The bytes of live entries that were visited and stayed.
    uint64_t passedBytes = 0;
  };
  const Pass& pass() const { return pass_; }

  /// Marks an entry as dead. Its bytes are free for the next compaction; a large entry's are
  /// released at once.
  void markDead(Address address);
  /// Gives the slabs without live entries back to the system.
  void dropEmptySlabs();
  /// Moves the live entries of the emptiest slab into the others and gives it back; returns false
  /// when they have no room for them.
  bool dropOneSlab();
  /// Gives back one slab without live entries that is not open; returns false when there is none.
  bool dropOneEmptySlab();

  enum class Evacuation : uint8_t { kDropped, kUnfinished, kNoRoom };
  /// Does the same as dropOneSlab(), but never with the open slab, and only as long as `mayGoOn`,
  /// which is asked after each entry moved, returns true. Else the result is kUnfinished, and the
  /// next call continues.
  Evacuation dropOneSlabInSteps(const std::function<bool()>& mayGoOn);
  void clear();

  /// Notes that an entry of this slab expires at `at`.
  void noteExpiry(Address address, uint64_t at);
  void clockWentBack() { sweep_.clockWentBack(); }
  /// Visits expired entries: see ExpirySweep::run().
  template <typename Visitor, typename MayGoOn>
  ExpirySweep::Result sweepExpired(uint64_t now, uint64_t spacing, Visitor&& visit,
                                   MayGoOn&& mayGoOn) {
    return sweep_.run(now, spacing, std::forward<Visitor>(visit), std::forward<MayGoOn>(mayGoOn));
  }

  /// The bytes of slabs that entries share, and of the live entries in them.
  uint64_t sharedBytes() const { return sharedSlabs_ * layout_.slabBytes; }
  uint64_t sharedLiveBytes() const { return sharedLiveBytes_; }
  /// The bytes at the ends of full slabs, which no entry can use until the slab is opened again.
  uint64_t wastedBytes() const { return wastedBytes_; }
  /// The bytes of the open slab that are used, up to its last entry.
  uint64_t openUsed() const { return open_ == 0 ? 0 : slabs_[open_].tail; }
  /// The bytes that are mapped for large entries.
  uint64_t largeBytes() const { return largeBytes_; }
  /// The number of fresh slabs that were ever opened.
  uint64_t slabsTaken() const { return slabsTaken_; }

 private:
  uint32_t emptiestShared(uint32_t exceptFor) const;
  void open(uint32_t number);
  void setWaste(Slab& slab, uint64_t bytes);
  bool gapFits(uint64_t bytes) const;
  /// Widens the gap until `bytes` fit, or to the slab's end; moves about `mayMove` bytes at most.
  /// Returns false when they do not fit the end.
  bool widenGap(uint64_t bytes, uint64_t mayMove);
  uint64_t moveRun(Slab& slab);
  void markGap();
  void compact(uint32_t number);
  void drop(uint32_t number);
  bool evacuate(uint32_t number);
  /// Whether the open slab is compacted at once when the entry does not fit, or gradually in the
  /// pass over the slab, which moves little at a time.
  enum class Pace : uint8_t { kAtOnce, kGradual };
  bool moveOut(Address from, Pace pace);
  /// Notes that the entries' known boundaries in a slab are no longer valid.
  void boundariesChange(uint32_t number);

  SlabTable& slabs_;
  Layout layout_;
  EntryRelocator& relocator_;
  uint32_t open_ = 0;
  /// The gap in the open slab.
  uint64_t to_ = 0;
  uint64_t from_ = 0;
  /// The dead bytes met since the slab was opened, and those of them in gaps that were skipped.
  uint64_t dead_ = 0;
  uint64_t skipped_ = 0;
  Pass pass_;
  uint64_t sharedSlabs_ = 0;
  uint64_t sharedLiveBytes_ = 0;
  uint64_t wastedBytes_ = 0;
  uint64_t largeBytes_ = 0;
  uint64_t slabsTaken_ = 0;
  ExpirySweep sweep_;
  /// The slab that dropOneSlabInSteps() is emptying, or 0, and its first entry that was not moved
  /// yet.
  uint32_t leaving_ = 0;
  uint64_t leavingFrom_ = 0;
};

}  // namespace ebbcache
