// The store's calls other than reads and writes: each takes the locks, and a part of the store does
// the work.

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/store.h"

namespace ebbcache {
namespace {

/// The duration of one call of maintain(), by the clock of the system, not the store's.
class WorkTime {
 public:
  bool isLeft() const { return Clock::now() < end_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds kTime{1000};
  const Clock::time_point end_ = Clock::now() + kTime;
};

}  // namespace

uint64_t Store::largestValue() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return less(std::min(kMaxValueBytes, allocator_.largestEntry()), stamps_.bytes());
}

PutResult Store::refuse() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++core_.counters.rejections;
  return PutResult::kTooLarge;
}

void Store::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  (void)core_.memory.releaseSpare();
  allocator_.endRegrowCredit();
  if (core_.tellsRemovals()) core_.noteCleared();
  const AllStripes stripes(core_.stripes);
  core_.arena->clear();
  core_.payloadBytes.store(0, std::memory_order_relaxed);
}

uint64_t Store::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  const auto visitBucket = [&] {
    return core_.arena->index.scan(cursor, [&](Address address) {
      const Entry* const entry = core_.arena->slabs.at(address);
      if (!core_.isExpired(*entry)) visit(entry->key());
    });
  };
  WriterFirstSpinLock& lock = core_.stripes.of(HashIndex::hashAt(cursor)).lock;
  {
    const std::lock_guard<WriterFirstSpinLock> stripe(lock);
    if (core_.outgoing == nullptr) return visitBucket();
  }
  // The bucket's entries are in two arenas while a resize moves them.
  const std::lock_guard<std::mutex> noResize(mutex_);
  const std::lock_guard<WriterFirstSpinLock> stripe(lock);
  return visitBucket();
}

void Store::attach(std::shared_ptr<RemovalLog> log) {
  const std::lock_guard<std::mutex> lock(mutex_);
  core_.removals.add(std::move(log));
}

void Store::detach(const RemovalLog* log) {
  const std::lock_guard<std::mutex> lock(mutex_);
  core_.removals.remove(log);
}

bool Store::resize(uint64_t maxBytes) {
  StoreOptions wanted;
  wanted.maxBytes = maxBytes;
  if (!wanted.whyInvalid().empty()) return false;
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  return resizer_.resize(lock, maxBytes);
}

bool Store::setAside(uint64_t bytes) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  const std::lock_guard<std::mutex> lock(mutex_);
  BudgetedMemory& memory = core_.memory;
  const uint64_t before = memory.asideBytes();
  const uint64_t more = less(bytes, before);
  if (more > less(core_.budget(), core_.minBudget)) return false;
  allocator_.shrinkHeldTo(less(core_.budget(), more));
  // Readers may still use entries that were evicted for it.
  if (!memory.setAside(bytes)) return false;
  core_.computeMinBudget();
  return true;
}

void Store::setMaxEntries(uint64_t maxEntries) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  const std::lock_guard<std::mutex> lock(mutex_);
  core_.maxEntries.store(maxEntries, std::memory_order_relaxed);
  if (maxEntries != 0) evictor_.evictToEntries(maxEntries);
}

uint64_t Store::shrink(uint64_t bytes) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  return resizer_.shrink(lock, bytes);
}

Shrinkage Store::setBudget(uint64_t from, uint64_t to) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  return resizer_.setBudget(lock, from, to);
}

Shrinkage Store::trimPayload(uint64_t bytes) {
  const std::lock_guard<std::mutex> large(largeMutex_);
  std::unique_lock<std::mutex> lock(mutex_);
  return resizer_.trimPayload(lock, bytes);
}

bool Store::attach(ChangeCounters& counters) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return core_.stripes.changes().add(counters);
}

void Store::detach(const ChangeCounters& counters) {
  const std::lock_guard<std::mutex> lock(mutex_);
  core_.stripes.changes().remove(counters);
}

MaintainResult Store::maintain(bool waits) {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (waits) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return MaintainResult::kBusy;
  }
  const WorkTime time;
  const std::function<bool()> mayGoOn = [&time] { return time.isLeft(); };
  // No slab is upgraded while entries are condensed: the slab moved may soon be empty.
  const MaintainResult upgraded = doneIf(!releaser_.isCondensing() && upgrader_.upgradeOne());
  const MaintainResult swept = both(upgraded, sweeper_.sweep(mayGoOn));
  return both(swept, mayGoOn() ? releaser_.releaseUnused(mayGoOn) : MaintainResult::kMore);
}

void Store::removeExpired() {
  const std::lock_guard<std::mutex> lock(mutex_);
  sweeper_.sweepAll();
}

StoreStats Store::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  StoreStats stats = core_.counters;
  for (StripeLocks::Stripe& stripe : core_.stripes.all()) {
    const WriterStripe held(core_.stripes, stripe);
    stats.hits += stripe.hits;
    stats.misses += stripe.misses;
  }
  stats.hits += core_.stripes.changes().hits();
  stats.entries = core_.arena->index.count();
  stats.heldBytes = core_.memory.held();
  stats.budgetBytes = core_.memory.budget();
  stats.payloadBytes = payloadBytes();
  // While a resize waits for readers of evicted entries, the budget may be above maxBytes.
  stats.maxBytes = std::max(maxBytes(), stats.budgetBytes);
  stats.maxEntries = maxEntries();
  stats.memoryRefusals = core_.memory.refusals();
  return stats;
}

}  // namespace ebbcache
