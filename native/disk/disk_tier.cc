#include "disk/disk_tier.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "disk/ring_entry.h"
#include "hash/checksum.h"
#include "hash/siphash.h"

namespace ebbcache {
namespace {

constexpr uint64_t kMinQueueBytes = uint64_t{1} << 20U;
constexpr uint64_t kMaxQueueBytes = uint64_t{16} << 20U;
/// The timeout of a flush.
constexpr uint64_t kFlushMs = 10'000;

uint64_t wallClockMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// All processes share the leases, and so their hash: whoever makes keys collide only has others
/// wait without need.
uint64_t leaseHashOf(std::string_view key) {
  return checksum(key);
}

bool hasValueAt(const WaitingChange& change, uint64_t nowMs) {
  const RingEntryHeader times = {0, 0, change.writtenMs, change.ttlMs, 0, 0, 0, 0};
  return change.hasValue() && !isExpired(times, nowMs);
}

/// Whether a key of a bucket that was read is still there: its removal may have been written since.
bool isStillThere(const RingView& view, std::string_view key, uint64_t nowMs) {
  return view.has(key, nowMs) == RingRead::kHit;
}

}  // namespace

std::string DiskTierOptions::whyInvalid() const {
  if (dir.empty()) return "The disk tier's dir must be the path of a folder.";
  if (maxBytes < kMinRingBytes || maxBytes > kMaxRingBytes) {
    return "The disk tier's maxBytes must be from " + std::to_string(kMinRingBytes) +
           " (1 MiB) to " + std::to_string(kMaxRingBytes) + " (64 GiB); it is " +
           std::to_string(maxBytes) + ".";
  }
  return {};
}

std::shared_ptr<DiskTier> DiskTier::open(const DiskTierOptions& options,
                                         const DiskTierEnvironment& environment) {
  return std::shared_ptr<DiskTier>(new DiskTier(options, environment));
}

DiskTier::DiskTier(const DiskTierOptions& options, const DiskTierEnvironment& environment)
    : options_(options),
      openFolder_(environment.openFolder),
      clock_(environment.nowMs != nullptr ? environment.nowMs : wallClockMs),
      access_(environment.openFolder(options.dir), options.kind, options.maxBytes),
      queue_(std::clamp(options.maxBytes / 4, kMinQueueBytes, kMaxQueueBytes)),
      versionSeed_(HashSeed::random().k0),
      writer_(access_, queue_, events_, counts_, clock_, environment.checkMs) {
  access_.onRemoved([this] { writer_.wakeNow(); });
}

DiskTier::~DiskTier() = default;

// ---------------------------------------------------------------- writing

uint64_t DiskTier::nextVersion() {
  // A bijection of the counter (SplitMix64, Steele et al., 2014) gives each put of this process its
  // own number; two processes give the same one with a chance of 2^-48.
  for (;;) {
    uint64_t x = versionSeed_ + versions_.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
    x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27U) * 0x94d049bb133111eb;
    const uint64_t version = (x ^ x >> 31U) & kMaxVersion;
    if (version != 0) return version;
  }
}

DiskPut DiskTier::put(std::string_view key, std::string_view value, const DiskPutOptions& options) {
  const RingState state = access_.state();
  const bool isTaken = key.size() + value.size() <= kMaxPayloadBytes &&
                       (state == RingState::kOpening || state == RingState::kWritable);
  WaitingChange change;
  change.kind = isTaken ? RingChange::Kind::kPut : RingChange::Kind::kPutAlone;
  change.key = key;
  change.version = nextVersion();
  if (isTaken) {
    change.value = value;
    change.writtenMs = clock_.now();
    change.ttlMs = options.ttlMs;
    change.cost = static_cast<float>(options.cost);
  } else {
    ++counts_.drops;
  }
  const uint64_t version = change.version;
  const uint64_t dropped = queue_.push(std::move(change));
  counts_.drops += dropped;
  writer_.wake();
  return {version, isTaken && dropped == 0};
}

void DiskTier::push(WaitingChange change) {
  counts_.drops += queue_.push(std::move(change));
  writer_.wake();
}

bool DiskTier::remove(std::string_view key) {
  const bool wasThere = has(key);
  WaitingChange change;
  change.key = key;
  push(std::move(change));
  return wasThere;
}

void DiskTier::removeVersion(std::string_view key, uint64_t version) {
  if (queue_.find(key) == nullptr) {
    // Where the slot names another put, the removal would cause misses for as long as it waits.
    const std::shared_ptr<const RingView> view = access_.view();
    if (view != nullptr && view->isCurrent(key, version) == RingRead::kMiss) return;
  }
  WaitingChange change;
  change.kind = RingChange::Kind::kRemoveVersion;
  change.key = key;
  change.version = version;
  push(std::move(change));
}

void DiskTier::clear() {
  queue_.clear();
  writer_.wake();
}

// ---------------------------------------------------------------- reading

template <typename Read>
RingRead DiskTier::readRing(Read&& read) {
  if (queue_.isClearing()) return RingRead::kMiss;
  const std::shared_ptr<const RingView> view = access_.view();
  if (view == nullptr) return RingRead::kMiss;
  const RingRead result = read(*view);
  const bool isSuspect = result == RingRead::kStale || result == RingRead::kBroken;
  if (!isSuspect || !access_.hasChanged(*view)) return result;
  // The writer gives readers the other ring; until then all reads are misses.
  writer_.wakeNow();
  return RingRead::kMiss;
}

DiskResult DiskTier::readWaiting(const WaitingChange& change, DiskFound& found) const {
  const uint64_t now = clock_.now();
  if (!hasValueAt(change, now)) return DiskResult::kMiss;
  found.bytes = change.value.size();
  found.version = change.version;
  found.remainingMs = change.ttlMs == 0 ? 0 : change.ttlMs - (now - change.writtenMs);
  found.cost = change.cost;
  if (found.bytes <= found.capacity) {
    change.value.copy(found.out, found.bytes);
  } else {
    found.large = change.value;
  }
  return DiskResult::kHit;
}

DiskResult DiskTier::read(std::string_view key, DiskFound& found) {
  const DiskResult result = peek(key, found);
  ++(result == DiskResult::kHit ? counts_.hits : counts_.misses);
  return result;
}

DiskResult DiskTier::peek(std::string_view key, DiskFound& found) {
  DiskResult result = DiskResult::kMiss;
  if (const WriteQueue::Change waiting = queue_.find(key)) {
    result = readWaiting(*waiting, found);
  } else {
    const RingRead read =
        readRing([&](const RingView& view) { return view.read(key, clock_.now(), found); });
    if (read == RingRead::kHit) result = DiskResult::kHit;
    if (read == RingRead::kFailed) ++counts_.errors;
    if (read == RingRead::kStale || read == RingRead::kBroken) {
      removeBroken(key, found.version, read == RingRead::kBroken);
    }
  }
  return result;
}

void DiskTier::removeBroken(std::string_view key, uint64_t version, bool isDamaged) {
  removeVersion(key, version);
  if (!isDamaged) return;
  ++counts_.errors;
  events_.tell({DiskEvent::Kind::kDamaged, "An entry of the disk tier in " + access_.path() +
                                               " is not what was written, and was removed."});
}

bool DiskTier::has(std::string_view key) {
  if (const WriteQueue::Change waiting = queue_.find(key)) {
    return hasValueAt(*waiting, clock_.now());
  }
  return readRing([&](const RingView& view) { return view.has(key, clock_.now()); }) ==
         RingRead::kHit;
}

bool DiskTier::isCurrent(std::string_view key, uint64_t version) {
  if (const WriteQueue::Change waiting = queue_.find(key)) {
    return waiting->isPut() && waiting->version == version;
  }
  const bool isUnusable = access_.state() == RingState::kUnusable;
  if (queue_.isClearing()) return isUnusable;
  const std::shared_ptr<const RingView> view = access_.view();
  // Where there is no ring, nobody else can have written to it.
  if (view == nullptr) return isUnusable;
  const RingRead result = view->isCurrent(key, version);
  if (result == RingRead::kFailed) ++counts_.errors;
  return result == RingRead::kHit;
}

uint64_t DiskTier::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  if (cursor == 0) {
    for (const WriteQueue::Change& put : queue_.puts()) {
      if (hasValueAt(*put, clock_.now())) visit(put->key);
    }
  }
  const std::shared_ptr<const RingView> view = queue_.isClearing() ? nullptr : access_.view();
  if (view == nullptr || cursor >= view->buckets()) return 0;
  const uint64_t now = clock_.now();
  view->scanBucket(cursor, now, [&](std::string_view key) {
    const WriteQueue::Change waiting = queue_.find(key);
    if (waiting == nullptr ? isStillThere(*view, key, now) : hasValueAt(*waiting, now)) visit(key);
  });
  return cursor + 1 < view->buckets() ? cursor + 1 : 0;
}

void DiskTier::scanPlace(std::string_view place,
                         const std::function<void(std::string_view)>& visit) {
  const auto visitIfOf = [&](std::string_view key) {
    if (placeOf(key, RingKind::kRecords) == place) visit(key);
  };
  for (const WriteQueue::Change& put : queue_.puts()) {
    if (hasValueAt(*put, clock_.now())) visitIfOf(put->key);
  }
  const std::shared_ptr<const RingView> view = queue_.isClearing() ? nullptr : access_.view();
  if (view == nullptr) return;
  view->scanBucket(view->bucketOfPlace(place), clock_.now(), [&](std::string_view key) {
    if (queue_.find(key) == nullptr && isStillThere(*view, key, clock_.now())) visitIfOf(key);
  });
}

// ---------------------------------------------------------------- the rest

void DiskTier::flush(std::function<void(bool)> done) {
  writer_.whenSettled(true, kFlushMs, std::move(done));
}

bool DiskTier::settle(uint64_t timeoutMs) {
  struct Outcome {
    std::mutex mutex;
    std::condition_variable isKnown;
    bool known = false;
    bool settled = false;
  };
  // The request shares the outcome too: it may end after this call has timed out.
  const auto outcome = std::make_shared<Outcome>();
  writer_.whenSettled(false, timeoutMs, [outcome](bool settled) {
    const std::lock_guard<std::mutex> lock(outcome->mutex);
    outcome->known = true;
    outcome->settled = settled;
    outcome->isKnown.notify_all();
  });
  std::unique_lock<std::mutex> lock(outcome->mutex);
  (void)outcome->isKnown.wait_for(lock, std::chrono::milliseconds(timeoutMs),
                                  [&] { return outcome->known; });
  return outcome->settled;
}

void DiskTier::resize(uint64_t maxBytes) {
  access_.resize(maxBytes);
  writer_.wakeNow();
}

DiskTierStats DiskTier::stats() {
  DiskTierStats stats;
  stats.maxBytes = access_.maxBytes();
  stats.hits = counts_.hits;
  stats.misses = counts_.misses;
  stats.writes = counts_.writes;
  stats.evictions = counts_.evictions;
  stats.expirations = counts_.expirations;
  stats.drops = counts_.drops;
  stats.errors = counts_.errors;
  stats.pending = queue_.size();
  const std::shared_ptr<const RingView> view = access_.view();
  if (view == nullptr) {
    stats.available = access_.state() == RingState::kOpening && !events_.isInTrouble();
    return stats;
  }
  RingHeader header;
  stats.available = readHeader(*view->file(), options_.kind, header) == HeaderState::kValid;
  if (stats.available && !queue_.isClearing()) stats.entries = header.entries;
  (void)view->file()->size(stats.bytes);
  return stats;
}

std::string DiskTier::checkIntegrity(const RingTolerance& tolerance) const {
  const std::string fault = queue_.checkIntegrity();
  return fault.empty() ? checkRingOf(*openFolder_(options_.dir), tolerance) : fault;
}

void DiskTier::addToCounters(const Counters& deltas) {
  writer_.addToCounters(deltas);
}

DiskTier::Counters DiskTier::counters() {
  Counters counters{};
  const std::shared_ptr<const RingView> view = access_.view();
  RingHeader header;
  if (view == nullptr || readHeader(*view->file(), options_.kind, header) != HeaderState::kValid) {
    return counters;
  }
  std::copy(std::begin(header.counters), std::end(header.counters), counters.begin());
  return counters;
}

Leases::Result DiskTier::acquireLease(std::string_view key) {
  const RingState state = access_.state();
  if (state == RingState::kUnusable) return Leases::Result::kUnavailable;
  // The folder is not known yet; where that lasts, callers go on without leases.
  if (state == RingState::kOpening) {
    return events_.isInTrouble() ? Leases::Result::kUnavailable : Leases::Result::kBusy;
  }
  std::call_once(hasLeases_,
                 [this] { leases_ = std::make_unique<Leases>(access_.path() + "/leases"); });
  return leases_->acquire(leaseHashOf(key));
}

void DiskTier::releaseLease(std::string_view key) {
  if (leases_ == nullptr) return;
  writer_.whenSettled(false, kFlushMs,
                      [this, hash = leaseHashOf(key)](bool) { leases_->release(hash); });
}

}  // namespace ebbcache
