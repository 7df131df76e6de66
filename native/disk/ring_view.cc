#include "disk/ring_view.h"

#include <array>
#include <utility>

#include "disk/ring_entry.h"

namespace ebbcache {
namespace {

uint64_t remainingOf(const RingEntryHeader& header, uint64_t nowMs) {
  return header.ttlMs == 0 ? 0 : header.ttlMs - (nowMs - header.writtenMs);
}

/// The header and the key of an entry, as they were read. Only long keys need the heap.
class EntryHead {
 public:
  explicit EntryHead(size_t keyBytes) : size_(sizeof(RingEntryHeader) + keyBytes) {
    if (size_ > sizeof stack_) heap_.resize(size_);
  }

  MutableBytes bytes() { return {data(), size_}; }
  const RingEntryHeader& header() { return *reinterpret_cast<const RingEntryHeader*>(data()); }
  std::string_view key() {
    return {data() + sizeof(RingEntryHeader), size_ - sizeof(RingEntryHeader)};
  }

 private:
  char* data() { return heap_.empty() ? stack_ : heap_.data(); }

  size_t size_;
  alignas(RingEntryHeader) char stack_[1024];
  std::string heap_;
};

/// Compares the header with the slot, before any checksum: kHit where it may be the entry.
RingRead judge(const RingEntryHeader& header, std::string_view keyRead, const RingKey& at,
               const RingSlot& slot, uint64_t nowMs) {
  if (header.version != slot.version()) return RingRead::kStale;
  // The entry is that of another key with the same tag.
  if (header.keyBytes != at.key.size() || keyRead != at.key) return RingRead::kMiss;
  return isExpired(header, nowMs) ? RingRead::kMiss : RingRead::kHit;
}

}  // namespace

RingView::RingView(std::shared_ptr<RingFile> file, const RingHeader& header,
                   std::shared_ptr<UsedSlots> used)
    : file_(std::move(file)),
      header_(header),
      chunksAt_(ebbcache::chunksAt(header)),
      hash_(header),
      used_(std::move(used)) {}

RingRead RingView::find(const RingKey& at, Named& named) const {
  RingBucket bucket;
  const uint64_t offset = kRingHeaderBytes + at.bucket * sizeof bucket;
  const IoResult result = file_->read(offset, {reinterpret_cast<char*>(&bucket), sizeof bucket});
  if (result.error != IoError::kNone) return RingRead::kFailed;
  // The index was cut, as by a clear.
  if (result.bytes < sizeof bucket) return RingRead::kMiss;
  for (size_t i = 0; i < kBucketSlots; ++i) {
    if (bucket.slots[i].tag != at.tag) continue;
    named = {bucket.slots[i], i};
    return RingRead::kHit;
  }
  return RingRead::kMiss;
}

template <typename Step>
RingRead RingView::withSlot(std::string_view key, Step&& step) const {
  const RingKey at = hash_.locate(key);
  Named named;
  RingRead result = find(at, named);
  if (result != RingRead::kHit) return result;
  result = step(at, named);
  if (result != RingRead::kBroken && result != RingRead::kStale) return result;
  const RingSlot before = named.slot;
  const RingRead again = find(at, named);
  if (again != RingRead::kHit) return again;
  return named.slot == before ? result : step(at, named);
}

RingRead RingView::read(std::string_view key, uint64_t nowMs, DiskFound& found) const {
  return withSlot(key, [&](const RingKey& at, const Named& named) {
    found.version = named.slot.version();
    const RingRead result = readEntry(at, named.slot, nowMs, found);
    if (result == RingRead::kHit) used_->mark(at.bucket, named.index);
    return result;
  });
}

RingRead RingView::has(std::string_view key, uint64_t nowMs) const {
  return withSlot(
      key, [&](const RingKey& at, const Named& named) { return readKey(at, named.slot, nowMs); });
}

RingRead RingView::isCurrent(std::string_view key, uint64_t version) const {
  const RingKey at = hash_.locate(key);
  Named named;
  const RingRead result = find(at, named);
  if (result != RingRead::kHit) return result;
  if (named.slot.version() != version) return RingRead::kMiss;
  used_->mark(at.bucket, named.index);
  return RingRead::kHit;
}

RingRead RingView::readEntry(const RingKey& at, const RingSlot& slot, uint64_t nowMs,
                             DiskFound& found) const {
  if (!slot.hasValue()) return RingRead::kMiss;
  const uint64_t entryBytes = slot.units() * kRingUnit;
  const uint64_t headBytes = sizeof(RingEntryHeader) + at.key.size();
  if (entryBytes < headBytes) return RingRead::kMiss;
  // One read and a copy take less time than a read to two places.
  alignas(RingEntryHeader) char small[8192];
  std::string large;
  if (entryBytes > sizeof small) large.resize(entryBytes);
  char* const bytes = large.empty() ? small : large.data();
  const IoResult result = file_->read(chunksAt_ + slot.at(), {bytes, entryBytes});
  if (result.error != IoError::kNone) return RingRead::kFailed;
  if (result.bytes < headBytes) return RingRead::kStale;
  const auto& header = *reinterpret_cast<const RingEntryHeader*>(bytes);
  const RingRead judged = judge(header, {bytes + sizeof header, at.key.size()}, at, slot, nowMs);
  if (judged != RingRead::kHit) return judged;
  if (entryAt(bytes, result.bytes, header_.id) == nullptr) return RingRead::kBroken;
  const std::string_view value = valueOf(header);
  found.bytes = value.size();
  found.remainingMs = remainingOf(header, nowMs);
  found.cost = header.cost;
  if (value.size() <= found.capacity) {
    value.copy(found.out, value.size());
  } else {
    found.large = value;
  }
  return RingRead::kHit;
}

RingRead RingView::readKey(const RingKey& at, const RingSlot& slot, uint64_t nowMs) const {
  if (!slot.hasValue()) return RingRead::kMiss;
  EntryHead head(at.key.size());
  const IoResult result = file_->read(chunksAt_ + slot.at(), head.bytes());
  if (result.error != IoError::kNone) return RingRead::kFailed;
  if (result.bytes < head.bytes().size) return RingRead::kStale;
  return judge(head.header(), head.key(), at, slot, nowMs);
}

void RingView::scanBucket(uint64_t number, uint64_t nowMs,
                          const std::function<void(std::string_view)>& visit) const {
  RingBucket bucket;
  const uint64_t offset = kRingHeaderBytes + number * sizeof bucket;
  const IoResult result = file_->read(offset, {reinterpret_cast<char*>(&bucket), sizeof bucket});
  if (result.error != IoError::kNone || result.bytes < sizeof bucket) return;
  std::string bytes;
  for (const RingSlot& slot : bucket.slots) {
    if (!slot.hasValue()) continue;
    bytes.resize(slot.units() * kRingUnit);
    const IoResult read = file_->read(chunksAt_ + slot.at(), {bytes.data(), bytes.size()});
    const RingEntryHeader* const entry = entryAt(bytes.data(), read.bytes, header_.id);
    if (entry == nullptr || entry->version != slot.version() || isExpired(*entry, nowMs)) continue;
    visit(keyOf(*entry));
  }
}

}  // namespace ebbcache
