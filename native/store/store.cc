#include "store/store.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace ebbcache {
namespace {

/// The next slab is ordered when so much of the open one is used: not for a store that never needs
/// it, and in time for a fill at memory's speed.
constexpr uint64_t kSpareAfterShare = 4;

uint64_t steadyNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

int64_t wallNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// What the store's clock shows at first, and as much as it may be set back: half of its range.
constexpr uint64_t kClockOffset = uint64_t{1} << (Deadline::kExpiryBits - 1);

}  // namespace

std::string StoreOptions::whyInvalid() const {
  if (maxBytes < kMinBudgetBytes || maxBytes > kMaxBudgetBytes) {
    return "maxBytes must be from " + std::to_string(kMinBudgetBytes) + " (64 KiB) to " +
           std::to_string(kMaxBudgetBytes) + " (16 GiB); it is " + std::to_string(maxBytes) + ".";
  }
  return {};
}

std::unique_ptr<Store> Store::open(const StoreOptions& options, StoreEnvironment environment) {
  if (!options.whyInvalid().empty()) return nullptr;
  if (environment.steadyMs == nullptr) environment.steadyMs = steadyNowMs;
  std::unique_ptr<Store> store(new Store(options, std::move(environment)));
  return store->arena_ != nullptr ? std::move(store) : nullptr;
}

Store::Store(const StoreOptions& options, StoreEnvironment environment)
    : options_(options),
      stampBytes_(options.stamped ? sizeof(PutOptions::stamp) : 0),
      environment_(std::move(environment)),
      clock_(environment_.steadyMs, kClockOffset),
      wallOrigin_(static_cast<int64_t>(clock_.own()) - wallNowMs()),
      hash_(environment_.hashSeed ? *environment_.hashSeed : HashSeed::random()),
      memory_(*environment_.memory, options.maxBytes, environment_.supply,
              [this] { upgradeOneSlab(std::unique_lock(mutex_, std::try_to_lock)); }),
      arena_(Arena::make(memory_,
                         Layout::forBudget(options.maxBytes, environment_.memory->pageBytes()),
                         options.maxBytes, options.policy, hash_, stripes_)),
      maxBytes_(options.maxBytes),
      maxEntries_(options.maxEntries) {
  if (arena_ != nullptr) leastBudget_.store(leastBytes(), std::memory_order_relaxed);
}

Store::~Store() {
  memory_.endSupply();
}

// ---------------------------------------------------------------- reading

bool Store::expired(const Entry* entry) const {
  // The clock is read for those that can expire only: it costs as much as the lookup.
  return entry->expires() && past(entry->deadline());
}

bool Store::past(Deadline deadline) const {
  return deadline.isPast(clock_.now());
}

template <HashIndex::Wanted kWanted, Store::Counted kCounted, typename OnHit>
ReadResult Store::read(std::string_view key, OnHit&& onHit) {
  constexpr bool kCounts = kCounted == Counted::kYes;
  const uint64_t hash = hash_(key);
  StripeLocks::Stripe& stripe = stripes_.of(hash);
  Entry* pinned = nullptr;
  {
    const std::lock_guard<WriterFirstSpinLock> lock(stripe.lock);
    Arena* arena = arena_.get();
    HashIndex::Found found = arena->index.find<kWanted>(hash, key);
    if (found.entry == nullptr && outgoing_ != nullptr) {
      arena = outgoing_.get();
      found = arena->index.find<kWanted>(hash, key);
    }
    const auto [address, entry] = found;
    if (entry == nullptr || expired(entry)) {
      if (kCounts) ++stripe.misses;
      if (entry == nullptr) return ReadResult::kMiss;
    } else if (kWanted == HashIndex::Wanted::kValue && SlabTable::isLarge(address) &&
               memory_.pin(entry)) {
      pinned = entry;
    } else {
      const ReadResult result = onHit(*entry);
      if (kCounts && result == ReadResult::kHit) {
        ++stripe.hits;
        arena->policy->hit(address);
      }
      if (kCounts && result == ReadResult::kMiss) ++stripe.misses;
      return result;
    }
  }
  if (pinned != nullptr) return readPinned<kCounted>(hash, key, pinned, onHit);
  dropExpired(hash, key);
  return ReadResult::kMiss;
}

template <Store::Counted kCounted, typename OnHit>
ReadResult Store::readPinned(uint64_t hash, std::string_view key, Entry* entry, OnHit&& onHit) {
  struct Pin {
    BudgetedMemory& memory;
    Entry* entry;
    ~Pin() { memory.unpin(entry); }
  };
  // Unpinned at the end, without the lock: it may have to unmap the entry.
  const Pin pin{memory_, entry};
  const ReadResult result = onHit(*entry);
  if (kCounted == Counted::kNo || result == ReadResult::kBufferTooSmall) return result;

  StripeLocks::Stripe& stripe = stripes_.of(hash);
  const std::lock_guard<WriterFirstSpinLock> lock(stripe.lock);
  ++(result == ReadResult::kHit ? stripe.hits : stripe.misses);
  // It may have been replaced or removed meanwhile, or be on its way to another arena.
  const HashIndex::Found now = arena_->index.find(hash, key);
  if (result == ReadResult::kHit && now.entry == entry) arena_->policy->hit(now.address);
  return result;
}

void Store::dropExpired(uint64_t hash, std::string_view key) {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock) return;
  const WriterStripe stripe(stripes_, hash);
  (void)find(hash, key);
}

uint64_t Store::stampOf(const Entry& entry) const {
  uint64_t stamp = 0;
  std::memcpy(&stamp, entry.value().data(), stampBytes_);
  return stamp;
}

auto Store::copyTo(char* out, uint64_t capacity, uint64_t& bytes, uint64_t stampBytes) {
  return [out, capacity, &bytes, stampBytes](const Entry& entry) {
    const std::string_view value = entry.value();
    bytes = value.size() - stampBytes;
    if (bytes > capacity) return ReadResult::kBufferTooSmall;
    if (bytes > 0) std::memcpy(out, value.data() + stampBytes, bytes);
    return ReadResult::kHit;
  };
}

template <Store::Counted kCounted>
ReadResult Store::copyStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                              uint64_t& stamp) {
  stamp = 0;
  return read<HashIndex::Wanted::kValue, kCounted>(key, [&](const Entry& entry) {
    stamp = stampOf(entry);
    return copyTo(out, capacity, bytes, stampBytes_)(entry);
  });
}

template <Store::Counted kCounted>
ReadResult Store::copyFromStamped(std::string_view key, char* out, uint64_t capacity,
                                  uint64_t& bytes) {
  uint64_t stamp = 0;
  return copyStamped<kCounted>(key, out, capacity, bytes, stamp);
}

ReadResult Store::get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  if (EBBCACHE_SELDOM(stampBytes_ != 0))
    return copyFromStamped<Counted::kYes>(key, out, capacity, bytes);
  return read<HashIndex::Wanted::kValue, Counted::kYes>(key, copyTo(out, capacity, bytes, 0));
}

ReadResult Store::get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                      uint64_t& stamp) {
  return copyStamped<Counted::kYes>(key, out, capacity, bytes, stamp);
}

ReadResult Store::peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  if (EBBCACHE_SELDOM(stampBytes_ != 0))
    return copyFromStamped<Counted::kNo>(key, out, capacity, bytes);
  return read<HashIndex::Wanted::kValue, Counted::kNo>(key, copyTo(out, capacity, bytes, 0));
}

ReadResult Store::peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                       uint64_t& stamp) {
  return copyStamped<Counted::kNo>(key, out, capacity, bytes, stamp);
}

ReadResult Store::getPrefixed(std::string_view key, std::string_view prefix, char* out,
                              uint64_t capacity, uint64_t& bytes, uint64_t* stamp) {
  const auto isOther = [this, prefix](const Entry& entry) {
    return valueOf(entry).substr(0, prefix.size()) != prefix;
  };
  bool other = false;
  if (stamp != nullptr) *stamp = 0;
  const ReadResult result =
      read<HashIndex::Wanted::kValue, Counted::kYes>(key, [&](const Entry& entry) {
        if (stamp != nullptr) *stamp = stampOf(entry);
        other = isOther(entry);
        return other ? ReadResult::kMiss : copyTo(out, capacity, bytes, stampBytes_)(entry);
      });
  // Another thread may have put the right one by now.
  if (other) (void)removeIf(key, RemovalReason::kDelete, isOther);
  return result;
}

ReadResult Store::view(std::string_view key, const std::function<void(std::string_view)>& visit,
                       uint64_t* stamp) {
  if (stamp != nullptr) *stamp = 0;
  return read<HashIndex::Wanted::kValue, Counted::kYes>(key, [&](const Entry& entry) {
    if (stamp != nullptr) *stamp = stampOf(entry);
    visit(valueOf(entry));
    return ReadResult::kHit;
  });
}

bool Store::has(std::string_view key) {
  const auto onHit = [](const Entry&) { return ReadResult::kHit; };
  return read<HashIndex::Wanted::kHeader, Counted::kNo>(key, onHit) == ReadResult::kHit;
}

std::optional<uint64_t> Store::remainingTtl(std::string_view key) {
  uint64_t stamp = 0;
  return remainingTtl(key, stamp);
}

std::optional<uint64_t> Store::remainingTtl(std::string_view key, uint64_t& stamp) {
  uint64_t expiry = kNeverExpires;
  const auto onHit = [&](const Entry& entry) {
    expiry = entry.expiry();
    stamp = stampOf(entry);
    return ReadResult::kHit;
  };
  if (read<HashIndex::Wanted::kHeader, Counted::kNo>(key, onHit) != ReadResult::kHit) return {};
  if (expiry == kNeverExpires) return kNeverExpires;
  const uint64_t now = clock_.now();
  // It may have expired since.
  return expiry > now ? std::optional(expiry - now) : std::nullopt;
}

uint64_t Store::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  const auto visitBucket = [&] {
    return arena_->index.scan(cursor, [&](Address address) {
      const Entry* const entry = arena_->slabs.at(address);
      if (!expired(entry)) visit(entry->key());
    });
  };
  WriterFirstSpinLock& lock = stripes_.of(HashIndex::hashAt(cursor)).lock;
  {
    const std::lock_guard<WriterFirstSpinLock> stripe(lock);
    if (outgoing_ == nullptr) return visitBucket();
  }
  // The bucket's entries are in two arenas until the resize that moves them is over.
  const std::lock_guard<std::mutex> noResize(mutex_);
  const std::lock_guard<WriterFirstSpinLock> stripe(lock);
  return visitBucket();
}

// ---------------------------------------------------------------- writing

Address Store::find(uint64_t hash, std::string_view key) {
  const auto [address, entry] = arena_->index.find(hash, key);
  if (entry == nullptr || !expired(entry)) return address;
  ++counters_.expirations;
  if (EBBCACHE_SELDOM(tellsRemovals())) noteRemoval(*entry, RemovalReason::kExpire);
  arena_->policy->removed(address);
  forget(address, hash);
  return kNowhere;
}

PutResult Store::put(std::string_view key, std::string_view value, const PutOptions& options) {
  const uint64_t hash = hash_(key);
  const uint64_t ttl = options.ttlMs != 0 ? options.ttlMs : options_.defaultTtlMs;
  const EntryShape shape{key.size(), stampBytes_ + value.size(), ttl != 0};
  const uint64_t bytes = shape.bytes();

  std::unique_lock<std::mutex> lock(mutex_);
  const bool tooLong =
      key.empty() || key.size() > kMaxKeyBytes || shape.valueBytes > kMaxValueBytes;
  if (tooLong || !canEverFit(bytes)) {
    ++counters_.rejections;
    return PutResult::kTooLarge;
  }
  if (bytes > arena_->layout.largestInSlab) {
    return putLarge(lock, key, value, hash, shape, {ttl, options.cost, options.stamp});
  }
  const SharedChances chances(*arena_->policy, chancesFor(bytes));
  if (maxEntries() != 0) evictToMaxEntries(hash, key);
  const Address address = allocateLinkable(hash, bytes);
  if (address == kNowhere) return PutResult::kNoMemory;
  const Deadline deadline = deadlineAfter(ttl);
  write(*arena_->slabs.at(address), key, value, deadline, options.stamp);
  if (ttl != 0) arena_->log.noteExpiry(address, deadline.expiry());
  publish(address, hash, key, options.cost);
  if (spareIsDue_ && arena_->log.openUsed() >= arena_->layout.slabBytes / kSpareAfterShare) {
    orderSpare();
  }
  return PutResult::kStored;
}

PutResult Store::refuse() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counters_.rejections;
  return PutResult::kTooLarge;
}

void Store::evictToMaxEntries(uint64_t hash, std::string_view key) {
  const uint64_t most = maxEntries();
  if (arena_->index.count() < most) return;
  {
    const WriterStripe stripe(stripes_, hash);
    if (find(hash, key) != kNowhere) return;
  }
  evictToEntries(most - 1);
}

void Store::evictToEntries(uint64_t entries) {
  while (arena_->index.count() > entries && evictOne()) ++counters_.evictionsByEntries;
}

Deadline Store::deadlineAfter(uint64_t ttlMs) const {
  return ttlMs == 0 ? Deadline() : Deadline::after(clock_.now(), ttlMs);
}

void Store::giveTime(int64_t wallMs) {
  const uint64_t time = timeOf(wallMs);
  const bool isBack = time < clock_.now();
  clock_.give(time);
  if (isBack) wasSetBack_.store(true, std::memory_order_relaxed);
}

void Store::giveNoTime() {
  const uint64_t shown = clock_.now();
  clock_.giveNone();
  if (clock_.now() < shown) wasSetBack_.store(true, std::memory_order_relaxed);
}

uint64_t Store::timeOf(int64_t wallMs) const {
  return static_cast<uint64_t>(
      std::clamp<int64_t>(wallOrigin_ + wallMs, 0, static_cast<int64_t>(Deadline::kMostNow)));
}

void Store::write(Entry& entry, std::string_view key, std::string_view value, Deadline deadline) {
  entry.begin({key.size(), value.size(), !deadline.isNever()});
  if (!deadline.isNever()) entry.setDeadline(deadline);
  std::memcpy(entry.keyData(), key.data(), key.size());
  if (!value.empty()) std::memcpy(entry.valueData(), value.data(), value.size());
}

void Store::writeStamped(Entry& entry, std::string_view key, std::string_view value,
                         Deadline deadline, uint64_t stamp) {
  entry.begin({key.size(), sizeof stamp + value.size(), !deadline.isNever()});
  if (!deadline.isNever()) entry.setDeadline(deadline);
  std::memcpy(entry.keyData(), key.data(), key.size());
  char* const at = entry.valueData();
  std::memcpy(at, &stamp, sizeof stamp);
  if (!value.empty()) std::memcpy(at + sizeof stamp, value.data(), value.size());
}

void Store::publish(Address address, uint64_t hash, std::string_view key, double cost) {
  const WriterStripe stripe(stripes_, hash);
  // Looked up only now: making room may have moved or evicted it.
  const auto old = arena_->index.find(hash, key);
  const Admission admission{cost, old.entry};
  if (old.entry != nullptr) {
    replace(old.address, address, hash, admission);
  } else {
    link(address, hash, admission);
  }
  ++counters_.puts;
}

void Store::link(Address address, uint64_t hash, const Admission& admission) {
  arena_->policy->inserted(address, hash, admission);
  arena_->index.insert(hash, address);
  addPayload(arena_->slabs.at(address)->payloadBytes());
}

void Store::replace(Address old, Address address, uint64_t hash, const Admission& admission) {
  const Entry* const before = arena_->slabs.at(old);
  if (EBBCACHE_SELDOM(tellsRemovals())) noteReplaced(*before);
  addPayload(arena_->slabs.at(address)->payloadBytes() - before->payloadBytes());
  arena_->policy->inserted(address, hash, admission);
  arena_->policy->removed(old);
  arena_->index.moved(hash, old, address);
  arena_->log.release(old);
}

bool Store::remove(std::string_view key, RemovalReason reason) {
  return removeIf(key, reason, [](const Entry&) { return true; });
}

bool Store::removeStamped(std::string_view key, uint64_t stamp, RemovalReason reason) {
  if (stampBytes_ == 0) return false;
  return removeIf(key, reason,
                  [this, stamp](const Entry& entry) { return stampOf(entry) == stamp; });
}

template <typename Condition>
bool Store::removeIf(std::string_view key, RemovalReason reason, Condition&& condition) {
  const uint64_t hash = hash_(key);
  const std::lock_guard<std::mutex> lock(mutex_);
  const WriterStripe stripe(stripes_, hash);
  const Address address = find(hash, key);
  if (address == kNowhere) return false;
  const Entry& entry = *arena_->slabs.at(address);
  if (!condition(entry)) return false;
  if (EBBCACHE_SELDOM(tellsRemovals())) noteRemoval(entry, reason);
  arena_->policy->removed(address);
  forget(address, hash);
  return true;
}

void Store::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  (void)memory_.giveSpare();
  regrowCredit_ = 0;
  if (tellsRemovals()) noteCleared();
  const AllStripes stripes(stripes_);
  arena_->clear();
  payloadBytes_.store(0, std::memory_order_relaxed);
}

void Store::forget(Address address, uint64_t hash) {
  addPayload(0 - arena_->slabs.at(address)->payloadBytes());
  arena_->forget(address, hash);
}

// ---------------------------------------------------------------- numbers

StoreStats Store::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  StoreStats stats = counters_;
  for (StripeLocks::Stripe& stripe : stripes_.all()) {
    const WriterStripe held(stripes_, stripe);
    stats.hits += stripe.hits;
    stats.misses += stripe.misses;
  }
  stats.entries = arena_->index.count();
  stats.heldBytes = memory_.held();
  stats.budgetBytes = memory_.budget();
  stats.payloadBytes = payloadBytes();
  // While a resize waits for readers of what it evicted, both are still what is held.
  stats.maxBytes = std::max(maxBytes(), stats.budgetBytes);
  stats.maxEntries = maxEntries();
  stats.memoryRefusals = memory_.refusals();
  return stats;
}

}  // namespace ebbcache
