#include "disk/ring_resize.h"

#include <algorithm>
#include <vector>

#include "disk/ring_header.h"

namespace ebbcache {
namespace {

/// By this factor an index may be smaller or larger than a new ring's would be.
constexpr uint64_t kMaxMisfit = 4;

bool fits(const RingHeader& header, uint64_t maxBytes) {
  const uint64_t wanted = bucketsFor(maxBytes, header.kind);
  // The factor is exact up to rounding.
  return header.buckets <= (wanted + 1) * kMaxMisfit && header.buckets >= wanted / kMaxMisfit;
}

/// Calls `visit` with each bucket, and writes the buckets for which it returns true.
template <typename Visit>
IoError forEachBucket(RingFile& file, const RingHeader& header, Visit&& visit) {
  constexpr uint64_t kSome = 2048;
  std::vector<RingBucket> buckets(std::min<uint64_t>(kSome, header.buckets));
  for (uint64_t from = 0; from < header.buckets; from += kSome) {
    const uint64_t count = std::min<uint64_t>(kSome, header.buckets - from);
    const uint64_t bytes = count * sizeof(RingBucket);
    const uint64_t at = kRingHeaderBytes + from * sizeof(RingBucket);
    auto* const data = reinterpret_cast<char*>(buckets.data());
    const IoResult read = file.read(at, {data, bytes});
    if (read.error != IoError::kNone) return read.error;
    if (read.bytes < bytes) return IoError::kOther;
    bool isChanged = false;
    for (uint64_t i = 0; i < count; ++i) isChanged |= visit(buckets[i]);
    if (!isChanged) continue;
    const IoResult written = file.write(at, {data, bytes});
    if (written.error != IoError::kNone) return written.error;
  }
  return IoError::kNone;
}

}  // namespace

IoError resizeRing(RingFile& file, RingHeader& header, uint64_t maxBytes) {
  const uint32_t chunks = chunksWithin(maxBytes, header.buckets);
  if (!fits(header, maxBytes) || chunks == 0) {
    const RingHeader before = header;
    return makeRing(file, before.kind, maxBytes, &before, header);
  }
  IoError error = IoError::kNone;
  if (chunks != header.maxChunks) {
    header.maxChunks = chunks;
    header.cursor = std::min(header.cursor, ringBytes(header));
    error = writeHeader(file, header);
  }
  uint64_t bytes = 0;
  if (error == IoError::kNone) error = file.size(bytes);
  // A file that is too large is cut, also where a process was killed before it was.
  if (error != IoError::kNone || bytes <= fileBytes(header)) return error;
  error = forEachBucket(file, header, [&header](RingBucket& bucket) {
    bool isChanged = false;
    for (RingSlot& slot : bucket.slots) {
      const bool isBeyond =
          slot.hasValue() && slot.at() + slot.units() * kRingUnit > ringBytes(header);
      if (isBeyond) slot = {};
      isChanged |= isBeyond;
    }
    return isChanged;
  });
  if (error == IoError::kNone) error = file.resize(fileBytes(header));
  return error;
}

IoError countEntries(RingFile& file, RingHeader& header) {
  uint64_t entries = 0;
  const IoError error = forEachBucket(file, header, [&entries](const RingBucket& bucket) {
    entries +=
        static_cast<uint64_t>(std::count_if(bucket.slots.begin(), bucket.slots.end(),
                                            [](const RingSlot& slot) { return slot.hasValue(); }));
    return false;
  });
  if (error != IoError::kNone || entries == header.entries) return error;
  header.entries = entries;
  return writeHeader(file, header);
}

}  // namespace ebbcache
