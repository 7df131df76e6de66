// Writes a batch of changes to a ring, with the file's lock held.
//
//   the hand enters a chunk   the slots of entries that it evicts are freed; those of entries that
//                             were read since are marked as having no value, and the entries are
//                             written again
//   a segment                 the cursor is moved, then the entries are written, then their slots
//
// A process that is killed on the way leaves entries that no slot names, and slots that name no
// value. Readers take both for misses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "disk/bucket_edits.h"
#include "disk/ring_change.h"
#include "disk/ring_file.h"
#include "disk/ring_key.h"
#include "disk/ring_layout.h"
#include "disk/used_slots.h"

namespace ebbcache {

class RingWriter {
 public:
  /// `header` MUST be that of the file; the writer changes both alike.
  RingWriter(RingFile& file, RingHeader& header, UsedSlots& used, uint64_t nowMs);

  /// Gives each change its outcome. An error concerns the file as a whole: some changes still wait
  /// then.
  IoError apply(std::vector<RingChange>& changes);

 private:
  /// An entry in the segment, and the slot that shall name it.
  struct Placed {
    /// Null for an entry that the hand writes again.
    RingChange* change;
    uint64_t bucket;
    uint32_t tag;
    uint64_t version;
    uint64_t at;
    uint64_t bytes;
  };

  uint64_t roomInChunk() const;
  /// Ends the segment and enters the next chunk, where `bytes` are left free.
  IoError enterNextChunk(uint64_t bytes);
  void enterChunk(uint64_t chunk, uint64_t bytes);
  /// Evicts the entries of the chunk. Entries that were used are written again, up to
  /// `maxRewrittenBytes`.
  void passHand(uint64_t chunk, uint64_t maxRewrittenBytes);

  void place(RingChange& change);
  void append(const Placed& placed, std::string_view head, std::string_view key,
              std::string_view value);
  /// Writes the segment, the slots of its entries, and the slots of changes without an entry.
  IoError commit();
  IoError writeSegment();
  void nameSegment();
  /// Moves the segment that the disk had no room for to the first chunk, or drops its changes.
  IoError moveToFirstChunk();
  void changeSlot(RingChange& change);
  IoError flushSlots();

  /// The slot for a tag: its own, a free one, or that of the oldest entry. Null where the bucket
  /// cannot be read.
  RingSlot* slotFor(uint64_t bucket, uint32_t tag);
  void setSlot(uint64_t bucket, RingSlot& slot, const RingSlot& content);
  void freeSlot(uint64_t bucket, RingSlot& slot) { setSlot(bucket, slot, {}); }
  uint64_t ageOf(const RingSlot& slot) const;

  RingFile& file_;
  RingHeader& header_;
  UsedSlots& used_;
  const uint64_t nowMs_;
  const uint64_t chunksAt_;
  const RingHash hash_;
  BucketEdits edits_;
  std::string segment_;
  /// The start of the segment, in bytes from the first chunk.
  uint64_t segmentAt_;
  std::vector<Placed> placed_;
  /// Changes without an entry.
  std::vector<RingChange*> slotChanges_;
};

}  // namespace ebbcache
