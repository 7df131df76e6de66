// Writes a batch of changes to a ring, with the file's lock held.
//
//   the hand enters a chunk   slots of what it evicts are freed, of what it keeps marked as having
//   no
//                             value for now; used entries are kept and written again
//   a segment                 the cursor is moved, then the entries are written, then their slots
//
// Whoever is killed on the way leaves entries that no slot names, and slots that name none. Readers
// take both for misses.
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
  /// `header` is the file's own, and is kept as the file's is.
  RingWriter(RingFile& file, RingHeader& header, UsedSlots& used, uint64_t nowMs);

  /// Gives each change its outcome. An error is of the file as a whole: then some are still
  /// waiting.
  IoError apply(std::vector<RingChange>& changes);

 private:
  /// An entry in the segment, and the slot that is to name it.
  struct Placed {
    /// Null for one that the hand kept.
    RingChange* change;
    uint64_t bucket;
    uint32_t tag;
    uint64_t version;
    uint64_t at;
    uint64_t bytes;
  };

  uint64_t roomInChunk() const;
  /// Ends the segment and enters the next chunk, with `bytes` to be left free there.
  IoError enterNextChunk(uint64_t bytes);
  void enterChunk(uint64_t chunk, uint64_t bytes);
  /// Frees the chunk: evicts, or keeps what was used, up to `mostKept` bytes.
  void passHand(uint64_t chunk, uint64_t mostKept);

  void place(RingChange& change);
  void append(const Placed& placed, std::string_view head, std::string_view key,
              std::string_view value);
  /// Writes the segment and the slots of what is in it and of what waits for no bytes.
  IoError commit();
  IoError writeSegment();
  void nameSegment();
  /// What the disk has no room for goes to the first chunk, or is dropped.
  IoError moveToFirstChunk();
  void changeSlot(RingChange& change);
  IoError flushSlots();

  /// The slot for a tag: its own, a free one, or that of the oldest entry; null where the bucket
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
  /// Where the segment begins, bytes from the first chunk.
  uint64_t segmentAt_;
  std::vector<Placed> placed_;
  /// Changes that need slots alone.
  std::vector<RingChange*> slotChanges_;
};

}  // namespace ebbcache
