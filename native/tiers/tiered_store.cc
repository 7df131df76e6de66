#include "tiers/tiered_store.h"

#include <algorithm>
#include <utility>

namespace ebbcache {
namespace {

constexpr uint64_t kDiskCursor = uint64_t{1} << 52U;

/// The number of reads of a value in memory that is not current, and that another thread changed
/// before it was removed.
constexpr int kTries = 3;

bool fitsDisk(std::string_view key, std::string_view value) {
  return key.size() + value.size() <= DiskStore::kMaxPayloadBytes;
}

/// The shorter of two times to live, of which 0 is none.
uint64_t shorter(uint64_t a, uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

ReadResult resultOf(const DiskFound& found) {
  return found.bytes > found.capacity ? ReadResult::kBufferTooSmall : ReadResult::kHit;
}

}  // namespace

/// Holds a guard while memory and disk are changed. The sequence is changed at the end: a reader
/// that noted it before may have read the former value, and a reader that notes it later reads the
/// new one.
class TieredStore::Change {
 public:
  explicit Change(Guard& guard) : guard_(guard) { guard_.mutex.lock(); }
  ~Change() {
    guard_.sequence.fetch_add(1, std::memory_order_release);
    guard_.mutex.unlock();
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  Guard& guard_;
};

TieredStore::TieredStore(Store& memory, std::shared_ptr<DiskStore> disk,
                         const TieredStoreOptions& options)
    : memory_(memory),
      disk_(std::move(disk)),
      options_(options),
      guards_(disk_ == nullptr ? nullptr : std::make_unique<Guards>()) {}

TieredStore::Guard& TieredStore::guardOf(std::string_view key) const {
  // The hash needs no secret: who makes keys collide makes their changes wait for one another.
  return (*guards_)[std::hash<std::string_view>{}(key) % kGuards];
}

// ---------------------------------------------------------------- writing

PutResult TieredStore::putInBoth(std::string_view key, std::string_view value,
                                 const PutOptions& options) {
  const bool isKey = !key.empty() && key.size() <= kMaxKeyBytes;
  const bool fits = fitsDisk(key, value);
  if (!isKey || (!fits && value.size() > memory_.largestValue())) return memory_.refuse();
  PutOptions stamped = options;
  if (stamped.ttlMs == 0) stamped.ttlMs = options_.defaultTtlMs;

  const Change change(guardOf(key));
  const DiskPut onDisk = disk_->put(key, value, {stamped.ttlMs, stamped.cost});
  stamped.stamp = onDisk.version;
  const PutResult result = memory_.put(key, value, stamped);
  if (result == PutResult::kStored) return result;
  // The value in memory is of an earlier put.
  memory_.remove(key, onDisk.isTaken ? RemovalReason::kReplace : RemovalReason::kEvict);
  if (!onDisk.isTaken) return result;
  corrections_.puts.add(1);
  if (result == PutResult::kTooLarge) {
    corrections_.rejections.add(-1);
  }
  return PutResult::kStored;
}

uint64_t TieredStore::largestValue() const {
  const uint64_t inMemory = memory_.largestValue();
  // Keys have at least one byte.
  return disk_ == nullptr ? inMemory : std::max(inMemory, DiskStore::kMaxPayloadBytes - 1);
}

bool TieredStore::removeFromBoth(std::string_view key) {
  const Change change(guardOf(key));
  const bool wasInMemory = memory_.remove(key);
  return disk_->remove(key) || wasInMemory;
}

void TieredStore::clear() {
  if (disk_ == nullptr) return memory_.clear();
  for (Guard& guard : *guards_) guard.mutex.lock();
  const auto end = [this] {
    for (Guard& guard : *guards_) {
      guard.sequence.fetch_add(1, std::memory_order_release);
      guard.mutex.unlock();
    }
  };
  try {
    memory_.clear();
    disk_->clear();
  } catch (...) {
    end();
    throw;
  }
  end();
}

// ---------------------------------------------------------------- reading

template <typename Read>
ReadResult TieredStore::readMemory(std::string_view key, const Read& read) {
  for (int tries = 1;; ++tries) {
    uint64_t version = 0;
    const ReadResult result = read(version);
    if (result == ReadResult::kMiss) {
      // It was removed for its prefix.
      if (version != 0) disk_->removeVersion(key, version);
      return result;
    }
    if (isCurrent(key, version)) return result;
    if (result == ReadResult::kHit) corrections_.hits.add(-1);
    // Another value, if there is one by now, may be current.
    const RemovalReason reason = reasonOfStale(key);
    if (!memory_.remove(key, reason, version) && tries < kTries) continue;
    corrections_.misses.add(1);
    return ReadResult::kMiss;
  }
}

RemovalReason TieredStore::reasonOfStale(std::string_view key) {
  // Only a listener is worth asking the disk for.
  const bool isGone = memory_.tellsRemovals() && !disk_->has(key);
  return isGone ? RemovalReason::kDelete : RemovalReason::kReplace;
}

void TieredStore::removeStale(std::string_view key) {
  for (int tries = 0; tries < kTries; ++tries) {
    uint64_t version = 0;
    uint64_t bytes = 0;
    if (memory_.peek(key, nullptr, 0, bytes, &version) == ReadResult::kMiss) return;
    if (isCurrent(key, version)) return;
    if (memory_.remove(key, reasonOfStale(key), version)) return;
  }
}

ReadResult TieredStore::readDisk(std::string_view key, std::string_view prefix, DiskFound& found) {
  Guard& guard = guardOf(key);
  const uint64_t sequence = guard.sequence.load(std::memory_order_acquire);
  if (disk_->read(key, found) == DiskResult::kMiss) return ReadResult::kMiss;
  if (found.value().substr(0, prefix.size()) != prefix) {
    disk_->removeVersion(key, found.version);
    return ReadResult::kMiss;
  }
  promote(key, found, guard, sequence);
  const ReadResult result = resultOf(found);
  corrections_.misses.add(-1);
  if (result == ReadResult::kHit) corrections_.hits.add(1);
  return result;
}

void TieredStore::promote(std::string_view key, const DiskFound& found, Guard& guard,
                          uint64_t sequence) {
  const std::lock_guard<std::mutex> lock(guard.mutex);
  if (guard.sequence.load(std::memory_order_relaxed) != sequence) return;
  PutOptions options;
  options.ttlMs = shorter(found.remainingMs, options_.defaultTtlMs);
  options.cost = found.cost;
  options.stamp = found.version;
  switch (memory_.put(key, found.value(), options)) {
    case PutResult::kStored:
      corrections_.puts.add(-1);
      break;
    case PutResult::kTooLarge:
      corrections_.rejections.add(-1);
      break;
    case PutResult::kNoMemory:
      break;
  }
}

template <typename Read>
ReadResult TieredStore::copyFromEither(std::string_view key, std::string_view prefix,
                                       const Buffer& to, bool* fromDisk, const Read& read) {
  if (fromDisk != nullptr) *fromDisk = false;
  const ReadResult inMemory = readMemory(key, read);
  if (inMemory != ReadResult::kMiss) return inMemory;
  DiskFound found;
  found.out = to.out;
  found.capacity = to.capacity;
  const ReadResult onDisk = readDisk(key, prefix, found);
  const bool isFound = onDisk != ReadResult::kMiss;
  to.bytes = isFound ? found.bytes : 0;
  if (fromDisk != nullptr) *fromDisk = isFound;
  return onDisk;
}

ReadResult TieredStore::getFromBoth(std::string_view key, const Buffer& to, bool* fromDisk) {
  return copyFromEither(key, {}, to, fromDisk, [&](uint64_t& version) {
    return memory_.get(key, to.out, to.capacity, to.bytes, &version);
  });
}

ReadResult TieredStore::getPrefixedFromBoth(std::string_view key, std::string_view prefix,
                                            const Buffer& to, bool* fromDisk) {
  return copyFromEither(key, prefix, to, fromDisk, [&](uint64_t& version) {
    return memory_.getPrefixed(key, prefix, to.out, to.capacity, to.bytes, &version);
  });
}

ReadResult TieredStore::viewInBoth(std::string_view key,
                                   const std::function<void(std::string_view)>& visit) {
  // Promoted first, because `visit` sees the value at once.
  if (options_.coherent) removeStale(key);
  if (memory_.view(key, visit) == ReadResult::kHit) return ReadResult::kHit;
  DiskFound found;
  const ReadResult result = readDisk(key, {}, found);
  if (result == ReadResult::kMiss) return result;
  // The value is copied for `visit`, and so is seen whatever its size is.
  if (result == ReadResult::kBufferTooSmall) {
    corrections_.hits.add(1);
  }
  visit(found.value());
  return ReadResult::kHit;
}

ReadResult TieredStore::peekInBoth(std::string_view key, const Buffer& to) {
  uint64_t version = 0;
  const ReadResult result = memory_.peek(key, to.out, to.capacity, to.bytes, &version);
  if (result != ReadResult::kMiss && isCurrent(key, version)) return result;
  DiskFound found;
  found.out = to.out;
  found.capacity = to.capacity;
  const bool isFound = disk_->peek(key, found) == DiskResult::kHit;
  to.bytes = isFound ? found.bytes : 0;
  return isFound ? resultOf(found) : ReadResult::kMiss;
}

bool TieredStore::isInEither(std::string_view key) {
  uint64_t version = 0;
  uint64_t bytes = 0;
  const bool isInMemory = memory_.peek(key, nullptr, 0, bytes, &version) != ReadResult::kMiss &&
                          isCurrent(key, version);
  return isInMemory || disk_->has(key);
}

std::optional<uint64_t> TieredStore::remainingTtlInEither(std::string_view key) {
  uint64_t version = 0;
  const std::optional<uint64_t> inMemory = memory_.remainingTtl(key, &version);
  if (inMemory && isCurrent(key, version)) return inMemory;
  DiskFound found;
  if (disk_->peek(key, found) == DiskResult::kMiss) return {};
  return found.remainingMs == 0 ? kNeverExpires : found.remainingMs;
}

uint64_t TieredStore::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  if (disk_ == nullptr) return memory_.scan(cursor, visit);
  if ((cursor & kDiskCursor) == 0) {
    const uint64_t next = memory_.scan(cursor, visit);
    return next == 0 ? kDiskCursor : next;
  }
  const uint64_t next = disk_->scan(cursor & (kDiskCursor - 1), visit);
  return next == 0 ? 0 : kDiskCursor | next;
}

StoreStats TieredStore::stats() const {
  // Read before memory's counters: what is taken from a counter was counted there first, so that
  // none is ever negative.
  const uint64_t hits = corrections_.hits.value();
  const uint64_t misses = corrections_.misses.value();
  const uint64_t puts = corrections_.puts.value();
  const uint64_t rejections = corrections_.rejections.value();
  StoreStats stats = memory_.stats();
  stats.hits += hits;
  stats.misses += misses;
  stats.puts += puts;
  stats.rejections += rejections;
  return stats;
}

}  // namespace ebbcache
