// The buckets of the index that a batch reads and changes: each is read once, and written once by
// each flush.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "disk/ring_file.h"
#include "disk/ring_layout.h"

namespace ebbcache {

class BucketEdits {
 public:
  explicit BucketEdits(RingFile& file) : file_(file) {}

  /// Returns null where the bucket cannot be read.
  RingBucket* load(uint64_t bucket);
  /// Has the next flush write the bucket.
  void changed(uint64_t bucket) { edits_[bucket].isDirty = true; }
  /// Returns false where some buckets could not be written: those are in `failed`, and are read
  /// anew when they are loaded next.
  bool flush(std::vector<uint64_t>& failed);

 private:
  struct Edit {
    RingBucket bucket;
    bool isDirty = false;
  };

  RingFile& file_;
  std::unordered_map<uint64_t, Edit> edits_;
};

inline RingSlot* slotOfTag(RingBucket& bucket, uint32_t tag) {
  for (RingSlot& slot : bucket.slots) {
    if (slot.tag == tag) return &slot;
  }
  return nullptr;
}

}  // namespace ebbcache
