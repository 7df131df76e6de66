#include "disk/ring_integrity.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "disk/ring_entry.h"
#include "disk/ring_header.h"
#include "disk/ring_key.h"

namespace ebbcache {
namespace {

constexpr auto kLockTimeout = std::chrono::seconds(10);

std::string numbered(const char* what, uint64_t number) {
  return what + std::to_string(number);
}

std::string faultOf(HeaderState state) {
  switch (state) {
    case HeaderState::kNone:
      return "The file is shorter than a header.";
    case HeaderState::kForeign:
      return "The header is of another version.";
    case HeaderState::kUnreadable:
      return "The header cannot be read.";
    default:
      return "The header is damaged.";
  }
}

/// The check of one file.
class RingCheck {
 public:
  RingCheck(const RingFile& file, const RingHeader& header, const RingTolerance& tolerance)
      : file_(file),
        header_(header),
        tolerance_(tolerance),
        chunksAt_(chunksAt(header)),
        hash_(header) {}

  std::string run() {
    std::string fault = checkSize();
    for (uint64_t chunk = 0; fault.empty() && chunk < header_.maxChunks; ++chunk) {
      fault = walk(chunk);
    }
    for (uint64_t bucket = 0; fault.empty() && bucket < header_.buckets; ++bucket) {
      fault = checkBucket(bucket);
    }
    if (fault.empty()) fault = checkCount();
    return fault;
  }

 private:
  std::string checkSize() {
    if (file_.size(size_) != IoError::kNone) return "The file's size cannot be read.";
    if (size_ < chunksAt_) {
      return numbered("The file ends within the index, at byte ", size_) + ".";
    }
    if (size_ <= fileBytes(header_)) return {};
    return numbered("The file is larger than its budget: it has ", size_) +
           numbered(" bytes of ", fileBytes(header_)) + ".";
  }

  /// Finds the places of the sound entries of a chunk, in the order of the hand.
  std::string walk(uint64_t chunk) {
    const uint64_t start = chunk * kChunkBytes;
    if (chunksAt_ + start >= size_) return {};
    chunk_.resize(kChunkBytes);
    const IoResult read = file_.read(chunksAt_ + start, {chunk_.data(), chunk_.size()});
    if (read.error != IoError::kNone) return numbered("The disk cannot read chunk ", chunk) + ".";
    for (uint64_t at = 0; at + sizeof(RingEntryHeader) <= read.bytes;) {
      const RingEntryHeader* const entry = entryAt(chunk_.data() + at, read.bytes - at, header_.id);
      if (entry != nullptr) places_.push_back(start + at);
      at += entry != nullptr ? ringEntryBytes(entry->keyBytes, entry->valueBytes) : kRingUnit;
    }
    return {};
  }

  std::string checkBucket(uint64_t number) {
    RingBucket bucket;
    const uint64_t offset = kRingHeaderBytes + number * sizeof bucket;
    const IoResult read = file_.read(offset, {reinterpret_cast<char*>(&bucket), sizeof bucket});
    if (read.error != IoError::kNone || read.bytes < sizeof bucket) {
      return numbered("The disk cannot read bucket ", number) + ".";
    }
    for (size_t i = 0; i < kBucketSlots; ++i) {
      const std::string fault = checkSlot(bucket, i, number);
      if (!fault.empty()) {
        return numbered("Slot ", i) + numbered(" of bucket ", number) + " " + fault;
      }
    }
    return {};
  }

  /// Returns the end of a sentence that begins with the slot.
  std::string checkSlot(const RingBucket& bucket, size_t index, uint64_t number) {
    const RingSlot& slot = bucket.slots[index];
    if (slot.isFree()) return slot == RingSlot{} ? "" : "is free, and has an offset or a version.";
    const auto* const end = bucket.slots.data() + index;
    if (std::any_of(bucket.slots.data(), end,
                    [&slot](const RingSlot& other) { return other.tag == slot.tag; })) {
      return "has the tag of another slot of the bucket.";
    }
    if (slot.version() == 0) return "names version 0.";
    if (!slot.hasValue()) return slot.offset == 0 ? "" : "has no value, and an offset.";
    ++named_;
    const uint64_t bytes = slot.units() * kRingUnit;
    const uint64_t last = slot.at() + bytes - 1;
    if (last >= ringBytes(header_)) return "names an entry beyond the ring's end.";
    if (slot.at() / kChunkBytes != last / kChunkBytes) return "names an entry of two chunks.";
    const std::string fault = checkEntry(slot, number);
    return tolerance_.staleSlots ? "" : fault;
  }

  std::string checkEntry(const RingSlot& slot, uint64_t number) {
    entry_.resize(slot.units() * kRingUnit);
    const IoResult read = file_.read(chunksAt_ + slot.at(), {entry_.data(), entry_.size()});
    if (read.error != IoError::kNone) return "names an entry that the disk cannot read.";
    const RingEntryHeader* const entry = entryAt(entry_.data(), read.bytes, header_.id);
    if (entry == nullptr) return "names no sound entry.";
    if (entry->version != slot.version()) return "names an entry of another version.";
    const RingKey key = hash_.locate(keyOf(*entry));
    if (key.bucket != number || key.tag != slot.tag) return "names an entry of another slot.";
    if (ringEntryBytes(entry->keyBytes, entry->valueBytes) != entry_.size()) {
      return "names an entry of another size.";
    }
    const bool isFound = std::binary_search(places_.begin(), places_.end(), slot.at());
    return isFound ? "" : "names an entry that the hand does not find.";
  }

  std::string checkCount() const {
    if (header_.entries == named_ || tolerance_.staleCount) return {};
    return numbered("The header counts ", header_.entries) +
           numbered(" entries, and the index names ", named_) + ".";
  }

  const RingFile& file_;
  const RingHeader& header_;
  const RingTolerance tolerance_;
  const uint64_t chunksAt_;
  const RingHash hash_;
  uint64_t size_ = 0;
  uint64_t named_ = 0;
  /// The places of all sound entries, in bytes from the first chunk, in ascending order.
  std::vector<uint64_t> places_;
  std::string chunk_;
  std::string entry_;
};

bool waitForLock(RingFile& file) {
  const auto end = std::chrono::steady_clock::now() + kLockTimeout;
  for (;;) {
    const RingFile::Lock result = file.tryLock();
    if (result == RingFile::Lock::kHeld) return true;
    if (result == RingFile::Lock::kFailed || std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

std::string checkRing(const RingFile& file, const RingTolerance& tolerance) {
  RingHeader header;
  const HeaderState state = readHeader(file, header);
  if (state != HeaderState::kValid) return faultOf(state);
  return RingCheck(file, header, tolerance).run();
}

std::string checkRingOf(RingFolder& folder, const RingTolerance& tolerance) {
  bool removedEarlier = false;
  FolderTrouble trouble = folder.prepare(removedEarlier);
  if (trouble) return std::move(trouble.sentence);
  const std::unique_ptr<RingFile> file = folder.openRing(RingFolder::Open::kExisting, trouble);
  if (trouble) return std::move(trouble.sentence);
  if (file == nullptr) return "There is no ring in " + folder.path() + ".";
  if (!waitForLock(*file)) return "The lock of the ring in " + folder.path() + " is not free.";
  struct Unlock {
    RingFile& file;
    ~Unlock() { file.unlock(); }
  };
  const Unlock unlock{*file};
  return checkRing(*file, tolerance);
}

}  // namespace ebbcache
