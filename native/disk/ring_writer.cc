#include "disk/ring_writer.h"

#include <algorithm>
#include <utility>

#include "disk/ring_entry.h"
#include "disk/ring_header.h"

namespace ebbcache {
namespace {

/// Entries that are written again may fill so much of a chunk: else a hot set would leave no room
/// for new entries.
constexpr uint64_t kMaxRewrittenBytes = kChunkBytes / 2;

RingSlot makeSlot(uint32_t tag, uint64_t at, uint64_t bytes, uint64_t version) {
  return {tag, static_cast<uint32_t>(at / kRingUnit), version << 16U | bytes / kRingUnit};
}

/// A slot that names a put without a value.
RingSlot makeAloneSlot(uint32_t tag, uint64_t version) {
  return makeSlot(tag, 0, 0, version);
}

}  // namespace

RingWriter::RingWriter(RingFile& file, RingHeader& header, UsedSlots& used, uint64_t nowMs)
    : file_(file),
      header_(header),
      used_(used),
      nowMs_(nowMs),
      chunksAt_(chunksAt(header)),
      hash_(header),
      edits_(file),
      segmentAt_(header.cursor) {}

IoError RingWriter::apply(std::vector<RingChange>& changes) {
  IoError error = IoError::kNone;
  for (RingChange& change : changes) {
    if (change.kind != RingChange::Kind::kPut) {
      slotChanges_.push_back(&change);
      continue;
    }
    const uint64_t bytes = ringEntryBytes(change.key.size(), change.value.size());
    if (bytes > roomInChunk()) error = enterNextChunk(bytes);
    if (error != IoError::kNone) return error;
    place(change);
  }
  error = commit();
  if (error == IoError::kNone) error = writeHeader(file_, header_);
  return error;
}

// ---------------------------------------------------------------- the hand

uint64_t RingWriter::roomInChunk() const {
  const uint64_t end = segmentAt_ + segment_.size();
  // At the very end of a chunk there is no room in it, but a new ring is at the start of its first
  // chunk.
  const uint64_t used = end == 0 ? 0 : (end - 1) % kChunkBytes + 1;
  return kChunkBytes - used;
}

IoError RingWriter::enterNextChunk(uint64_t bytes) {
  const IoError error = commit();
  if (error != IoError::kNone) return error;
  const uint64_t next = (segmentAt_ + kChunkBytes - 1) / kChunkBytes;
  enterChunk(next < header_.maxChunks ? next : 0, bytes);
  return IoError::kNone;
}

void RingWriter::enterChunk(uint64_t chunk, uint64_t bytes) {
  segmentAt_ = chunk * kChunkBytes;
  passHand(chunk, std::min(kMaxRewrittenBytes, kChunkBytes - bytes));
}

void RingWriter::passHand(uint64_t chunk, uint64_t maxRewrittenBytes) {
  const uint64_t start = chunk * kChunkBytes;
  std::string content(kChunkBytes, '\0');
  const IoResult read = file_.read(chunksAt_ + start, {content.data(), content.size()});
  // Where nothing is there yet, or the chunk cannot be read, no reader finds an entry there.
  const uint64_t size = read.error == IoError::kNone ? read.bytes : 0;
  for (uint64_t at = 0; at + sizeof(RingEntryHeader) <= size;) {
    const RingEntryHeader* const entry = entryAt(content.data() + at, size - at, header_.id);
    // This is damage, or a gap that a process left that was killed: the next entry may begin at any
    // unit.
    if (entry == nullptr) {
      at += kRingUnit;
      continue;
    }
    const uint64_t bytes = ringEntryBytes(entry->keyBytes, entry->valueBytes);
    const RingKey key = hash_.locate(keyOf(*entry));
    RingBucket* const bucket = edits_.load(key.bucket);
    RingSlot* const slot = bucket == nullptr ? nullptr : slotOfTag(*bucket, key.tag);
    const bool isNamed = slot != nullptr && slot->hasValue() && slot->at() == start + at &&
                         slot->version() == entry->version;
    if (isNamed) {
      const auto index = static_cast<size_t>(slot - bucket->slots.data());
      const bool expired = isExpired(*entry, nowMs_);
      const bool wasUsed = used_.take(key.bucket, index);
      if (wasUsed && !expired && segment_.size() + bytes <= maxRewrittenBytes) {
        const Placed placed{nullptr, key.bucket, key.tag, entry->version, start + segment_.size(),
                            bytes};
        append(placed, {content.data() + at, sizeof *entry}, keyOf(*entry), valueOf(*entry));
        setSlot(key.bucket, *slot, makeAloneSlot(key.tag, entry->version));
      } else {
        ++(expired ? header_.expirations : header_.evictions);
        freeSlot(key.bucket, *slot);
      }
    }
    at += bytes;
  }
  // Where a bucket cannot be read or written, its slot names an entry that is no longer there, as
  // after a crash: one bad block must not stop the hand for good.
  (void)flushSlots();
}

// ---------------------------------------------------------------- the segment

void RingWriter::place(RingChange& change) {
  RingEntryHeader head = {};
  head.version = change.version;
  head.writtenMs = change.writtenMs;
  head.ttlMs = change.ttlMs;
  head.cost = change.cost;
  head.keyBytes = static_cast<uint32_t>(change.key.size());
  head.valueBytes = static_cast<uint32_t>(change.value.size());
  head.checksum = entryChecksum(header_.id, head, change.key, change.value);
  const RingKey key = hash_.locate(change.key);
  const Placed placed{&change,
                      key.bucket,
                      key.tag,
                      change.version,
                      segmentAt_ + segment_.size(),
                      ringEntryBytes(change.key.size(), change.value.size())};
  append(placed, {reinterpret_cast<const char*>(&head), sizeof head}, change.key, change.value);
}

void RingWriter::append(const Placed& placed, std::string_view head, std::string_view key,
                        std::string_view value) {
  const size_t end = segment_.size() + placed.bytes;
  segment_.append(head).append(key).append(value).resize(end);
  placed_.push_back(placed);
}

IoError RingWriter::commit() {
  IoError error = segment_.empty() ? IoError::kNone : writeSegment();
  // The header was written, so the disk is taken to have refused these bytes alone.
  if (error == IoError::kNoSpace) error = moveToFirstChunk();
  if (error != IoError::kNone) return error;
  nameSegment();
  for (RingChange* change : slotChanges_) changeSlot(*change);
  segmentAt_ += segment_.size();
  segment_.clear();
  error = flushSlots();
  placed_.clear();
  slotChanges_.clear();
  return error;
}

IoError RingWriter::writeSegment() {
  header_.cursor = segmentAt_ + segment_.size();
  const IoError error = writeHeader(file_, header_);
  if (error != IoError::kNone) return IoError::kOther;
  return file_.write(chunksAt_ + segmentAt_, segment_).error == IoError::kNone ? IoError::kNone
                                                                               : IoError::kNoSpace;
}

IoError RingWriter::moveToFirstChunk() {
  std::vector<RingChange*> moved;
  for (const Placed& placed : placed_) {
    if (placed.change != nullptr) moved.push_back(placed.change);
  }
  const bool wasFirst = segmentAt_ < kChunkBytes;
  placed_.clear();
  segment_.clear();
  if (wasFirst) {
    for (RingChange* change : moved) change->outcome = RingChange::Outcome::kDropped;
    slotChanges_.insert(slotChanges_.end(), moved.begin(), moved.end());
    return IoError::kNone;
  }
  enterChunk(0, kChunkBytes);
  for (RingChange* change : moved) place(*change);
  const IoError written = writeSegment();
  if (written != IoError::kNoSpace) return written;
  return moveToFirstChunk();
}

void RingWriter::nameSegment() {
  for (const Placed& placed : placed_) {
    const RingSlot content = makeSlot(placed.tag, placed.at, placed.bytes, placed.version);
    if (placed.change != nullptr) {
      RingSlot* const slot = slotFor(placed.bucket, placed.tag);
      if (slot != nullptr) setSlot(placed.bucket, *slot, content);
      placed.change->outcome =
          slot != nullptr ? RingChange::Outcome::kDone : RingChange::Outcome::kFailed;
    } else if (RingBucket* const bucket = edits_.load(placed.bucket)) {
      // The slot is left alone where the key was put anew meanwhile, or the slot given to another
      // key.
      RingSlot* const slot = slotOfTag(*bucket, placed.tag);
      const bool isMeant = slot != nullptr && slot->version() == placed.version;
      if (isMeant) setSlot(placed.bucket, *slot, content);
    }
  }
}

void RingWriter::changeSlot(RingChange& change) {
  const RingKey key = hash_.locate(change.key);
  const bool isAlone =
      change.kind == RingChange::Kind::kPutAlone || change.outcome == RingChange::Outcome::kDropped;
  RingBucket* const bucket = edits_.load(key.bucket);
  if (bucket == nullptr) {
    change.outcome = RingChange::Outcome::kFailed;
    return;
  }
  if (isAlone) {
    setSlot(key.bucket, *slotFor(key.bucket, key.tag), makeAloneSlot(key.tag, change.version));
  } else {
    RingSlot* const slot = slotOfTag(*bucket, key.tag);
    const bool isMeant = slot != nullptr && (change.kind == RingChange::Kind::kRemove ||
                                             slot->version() == change.version);
    if (isMeant) freeSlot(key.bucket, *slot);
  }
  if (change.outcome == RingChange::Outcome::kWaiting) change.outcome = RingChange::Outcome::kDone;
}

IoError RingWriter::flushSlots() {
  std::vector<uint64_t> failed;
  if (edits_.flush(failed)) return IoError::kNone;
  const auto hasFailed = [&failed](uint64_t bucket) {
    return std::find(failed.begin(), failed.end(), bucket) != failed.end();
  };
  for (const Placed& placed : placed_) {
    if (placed.change != nullptr && hasFailed(placed.bucket)) {
      placed.change->outcome = RingChange::Outcome::kFailed;
    }
  }
  for (RingChange* change : slotChanges_) {
    if (hasFailed(hash_.locate(change->key).bucket)) change->outcome = RingChange::Outcome::kFailed;
  }
  return IoError::kOther;
}

// ---------------------------------------------------------------- slots

RingSlot* RingWriter::slotFor(uint64_t bucket, uint32_t tag) {
  RingBucket* const content = edits_.load(bucket);
  if (content == nullptr) return nullptr;
  if (RingSlot* const own = slotOfTag(*content, tag)) return own;
  if (RingSlot* const free = slotOfTag(*content, 0)) return free;
  RingSlot* oldest = content->slots.data();
  for (RingSlot& slot : content->slots) {
    if (ageOf(slot) > ageOf(*oldest)) oldest = &slot;
  }
  if (oldest->hasValue()) ++header_.evictions;
  freeSlot(bucket, *oldest);
  return oldest;
}

uint64_t RingWriter::ageOf(const RingSlot& slot) const {
  if (!slot.hasValue()) return UINT64_MAX;
  const uint64_t ring = ringBytes(header_);
  return (header_.cursor + ring - slot.at() % ring) % ring;
}

void RingWriter::setSlot(uint64_t bucket, RingSlot& slot, const RingSlot& content) {
  if (slot.hasValue() && header_.entries > 0) --header_.entries;
  if (content.hasValue()) ++header_.entries;
  // The mark belongs to the former content, and not to the new one.
  if (RingBucket* const loaded = edits_.load(bucket)) {
    (void)used_.take(bucket, static_cast<size_t>(&slot - loaded->slots.data()));
  }
  slot = content;
  edits_.changed(bucket);
}

}  // namespace ebbcache
