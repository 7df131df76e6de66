#include "store/store.h"

#include <cstring>
#include <utility>

namespace ebbcache {

std::unique_ptr<Store> Store::open(const StoreOptions& options, StoreEnvironment environment) {
  if (!options.whyInvalid().empty()) return nullptr;
  std::unique_ptr<Store> store(new Store(options, std::move(environment)));
  return store->core_.arena != nullptr ? std::move(store) : nullptr;
}

Store::Store(const StoreOptions& options, StoreEnvironment environment)
    : StoreGauges(options, std::move(environment),
                  [this] {
                    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
                    if (lock) (void)upgrader_.upgradeOne();
                  }),
      stamps_(options.stamped),
      evictor_(core_),
      allocator_(core_, evictor_),
      sweeper_(core_),
      releaser_(core_),
      resizer_(core_, evictor_, allocator_),
      upgrader_(core_, allocator_) {}

// ---------------------------------------------------------------- reading

template <HashIndex::Wanted kWanted, Store::Counted kCounted, typename OnHit>
ReadResult Store::read(std::string_view key, OnHit&& onHit) {
  constexpr bool kCounts = kCounted == Counted::kYes;
  const uint64_t hash = core_.hash(key);
  StripeLocks::Stripe& stripe = core_.stripes.of(hash);
  Entry* pinned = nullptr;
  {
    const std::lock_guard<WriterFirstSpinLock> lock(stripe.lock);
    Arena* arena = core_.arena.get();
    HashIndex::Found found = arena->index.find<kWanted>(hash, key);
    if (found.entry == nullptr && core_.outgoing != nullptr) {
      arena = core_.outgoing.get();
      found = arena->index.find<kWanted>(hash, key);
    }
    const auto [address, entry] = found;
    if (entry == nullptr || core_.isExpired(*entry)) {
      if (kCounts) ++stripe.misses;
      if (entry == nullptr) return ReadResult::kMiss;
    } else if (kWanted == HashIndex::Wanted::kValue && SlabTable::isLarge(address) &&
               core_.memory.pin(entry)) {
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
  removeSeenExpired(hash, key);
  return ReadResult::kMiss;
}

template <Store::Counted kCounted, typename OnHit>
ReadResult Store::readPinned(uint64_t hash, std::string_view key, Entry* entry, OnHit&& onHit) {
  struct Pin {
    BudgetedMemory& memory;
    Entry* entry;
    ~Pin() { memory.unpin(entry); }
  };
  // The entry is unpinned at the end, without the lock, as that may unmap it.
  const Pin pin{core_.memory, entry};
  const ReadResult result = onHit(*entry);
  if (kCounted == Counted::kNo || result == ReadResult::kBufferTooSmall) return result;

  StripeLocks::Stripe& stripe = core_.stripes.of(hash);
  const std::lock_guard<WriterFirstSpinLock> lock(stripe.lock);
  ++(result == ReadResult::kHit ? stripe.hits : stripe.misses);
  // The entry may have been replaced or removed meanwhile, or moved to another arena.
  const HashIndex::Found now = core_.arena->index.find(hash, key);
  if (result == ReadResult::kHit && now.entry == entry) core_.arena->policy->hit(now.address);
  return result;
}

void Store::removeSeenExpired(uint64_t hash, std::string_view key) {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock) return;
  const WriterStripe stripe(core_.stripes, hash);
  (void)find(hash, key);
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
    stamp = stamps_.stampOf(entry);
    return copyTo(out, capacity, bytes, stamps_.bytes())(entry);
  });
}

template <Store::Counted kCounted>
ReadResult Store::copyFromStamped(std::string_view key, char* out, uint64_t capacity,
                                  uint64_t& bytes) {
  uint64_t stamp = 0;
  return copyStamped<kCounted>(key, out, capacity, bytes, stamp);
}

ReadResult Store::getValue(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  if (EBBCACHE_SELDOM(stamps_.bytes() != 0)) {
    return copyFromStamped<Counted::kYes>(key, out, capacity, bytes);
  }
  return read<HashIndex::Wanted::kValue, Counted::kYes>(key, copyTo(out, capacity, bytes, 0));
}

ReadResult Store::getStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                             uint64_t& stamp) {
  return copyStamped<Counted::kYes>(key, out, capacity, bytes, stamp);
}

ReadResult Store::peekValue(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  if (EBBCACHE_SELDOM(stamps_.bytes() != 0)) {
    return copyFromStamped<Counted::kNo>(key, out, capacity, bytes);
  }
  return read<HashIndex::Wanted::kValue, Counted::kNo>(key, copyTo(out, capacity, bytes, 0));
}

ReadResult Store::peekStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                              uint64_t& stamp) {
  return copyStamped<Counted::kNo>(key, out, capacity, bytes, stamp);
}

ReadResult Store::getPrefixed(std::string_view key, std::string_view prefix, char* out,
                              uint64_t capacity, uint64_t& bytes, uint64_t* stamp) {
  const auto isOther = [this, prefix](const Entry& entry) {
    return stamps_.valueOf(entry).substr(0, prefix.size()) != prefix;
  };
  bool other = false;
  if (stamp != nullptr) *stamp = 0;
  const ReadResult result =
      read<HashIndex::Wanted::kValue, Counted::kYes>(key, [&](const Entry& entry) {
        if (stamp != nullptr) *stamp = stamps_.stampOf(entry);
        other = isOther(entry);
        return other ? ReadResult::kMiss : copyTo(out, capacity, bytes, stamps_.bytes())(entry);
      });
  // Another thread may have put a matching value by now.
  if (other) (void)removeIf(key, RemovalReason::kDelete, isOther);
  return result;
}

ReadResult Store::view(std::string_view key, const std::function<void(std::string_view)>& visit,
                       uint64_t* stamp) {
  if (stamp != nullptr) *stamp = 0;
  return read<HashIndex::Wanted::kValue, Counted::kYes>(key, [&](const Entry& entry) {
    if (stamp != nullptr) *stamp = stamps_.stampOf(entry);
    visit(stamps_.valueOf(entry));
    return ReadResult::kHit;
  });
}

bool Store::has(std::string_view key) {
  const auto onHit = [](const Entry&) { return ReadResult::kHit; };
  return read<HashIndex::Wanted::kHeader, Counted::kNo>(key, onHit) == ReadResult::kHit;
}

std::optional<uint64_t> Store::remainingTtl(std::string_view key, uint64_t* stamp) {
  uint64_t expiry = kNeverExpires;
  if (stamp != nullptr) *stamp = 0;
  const auto onHit = [&](const Entry& entry) {
    expiry = entry.deadline().expiry();
    if (stamp != nullptr) *stamp = stamps_.stampOf(entry);
    return ReadResult::kHit;
  };
  if (read<HashIndex::Wanted::kHeader, Counted::kNo>(key, onHit) != ReadResult::kHit) return {};
  if (expiry == kNeverExpires) return kNeverExpires;
  const uint64_t now = core_.clock.now();
  // The value may have expired since.
  return expiry > now ? std::optional(expiry - now) : std::nullopt;
}

// ---------------------------------------------------------------- writing

Address Store::find(uint64_t hash, std::string_view key) {
  const auto [address, entry] = core_.arena->index.find(hash, key);
  if (entry == nullptr || !core_.isExpired(*entry)) return address;
  ++core_.counters.expirations;
  core_.remove(address, hash, RemovalReason::kExpire);
  return kNowhere;
}

PutResult Store::put(std::string_view key, std::string_view value, const PutOptions& options) {
  const uint64_t hash = core_.hash(key);
  const uint64_t ttl = options.ttlMs != 0 ? options.ttlMs : core_.options.defaultTtlMs;
  const EntryShape shape{key.size(), stamps_.bytes() + value.size(), ttl != 0};
  const uint64_t bytes = shape.bytes();

  std::unique_lock<std::mutex> lock(mutex_);
  const bool tooLong =
      key.empty() || key.size() > kMaxKeyBytes || shape.valueBytes > kMaxValueBytes;
  if (tooLong || !allocator_.canEverFit(bytes)) {
    ++core_.counters.rejections;
    return PutResult::kTooLarge;
  }
  if (bytes > core_.arena->layout.largestInSlab) {
    return putLarge(lock, key, value, hash, shape, {ttl, options.cost, options.stamp});
  }
  const SharedChances chances(*core_.arena->policy, Evictor::chancesFor(bytes));
  if (maxEntries() != 0) evictToMaxEntries(hash, key);
  const Address address = allocator_.allocate(hash, bytes);
  if (address == kNowhere) return PutResult::kNoMemory;
  const Deadline deadline = core_.clock.deadlineAfter(ttl);
  stamps_.write(*core_.arena->slabs.at(address), key, value, deadline, options.stamp);
  if (ttl != 0) core_.arena->log.noteExpiry(address, deadline.expiry());
  publish(address, hash, key, options.cost);
  upgrader_.orderSpareWhenDue();
  return PutResult::kStored;
}

void Store::evictToMaxEntries(uint64_t hash, std::string_view key) {
  const uint64_t max = maxEntries();
  if (core_.arena->index.count() < max) return;
  {
    const WriterStripe stripe(core_.stripes, hash);
    if (find(hash, key) != kNowhere) return;
  }
  evictor_.evictToEntries(max - 1);
}

void Store::publish(Address address, uint64_t hash, std::string_view key, double cost) {
  const WriterStripe stripe(core_.stripes, hash);
  // The old entry is looked up only now, because making room may have moved or evicted it.
  const auto old = core_.arena->index.find(hash, key);
  const Admission admission{cost, old.entry};
  if (old.entry != nullptr) {
    replace(old.address, address, hash, admission);
  } else {
    link(address, hash, admission);
  }
  ++core_.counters.puts;
}

void Store::link(Address address, uint64_t hash, const Admission& admission) {
  core_.arena->policy->inserted(address, hash, admission);
  core_.arena->index.insert(hash, address);
  core_.addPayload(core_.arena->slabs.at(address)->payloadBytes());
}

void Store::replace(Address old, Address address, uint64_t hash, const Admission& admission) {
  const Entry* const before = core_.arena->slabs.at(old);
  if (EBBCACHE_SELDOM(core_.tellsRemovals())) core_.noteReplaced(*before);
  core_.addPayload(core_.arena->slabs.at(address)->payloadBytes() - before->payloadBytes());
  core_.arena->policy->inserted(address, hash, admission);
  core_.arena->policy->removed(old);
  core_.arena->index.moved(hash, old, address);
  core_.arena->log.markDead(old);
}

bool Store::remove(std::string_view key, RemovalReason reason, std::optional<uint64_t> onlyStamp) {
  if (!onlyStamp.has_value()) return removeIf(key, reason, [](const Entry&) { return true; });
  if (stamps_.bytes() == 0) return false;
  return removeIf(key, reason, [this, onlyStamp](const Entry& entry) {
    return stamps_.stampOf(entry) == *onlyStamp;
  });
}

template <typename Condition>
bool Store::removeIf(std::string_view key, RemovalReason reason, Condition&& condition) {
  const uint64_t hash = core_.hash(key);
  const std::lock_guard<std::mutex> lock(mutex_);
  const WriterStripe stripe(core_.stripes, hash);
  const Address address = find(hash, key);
  if (address == kNowhere || !condition(*core_.arena->slabs.at(address))) return false;
  core_.remove(address, hash, reason);
  return true;
}

}  // namespace ebbcache
