#include "store/store.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "store/slack.h"

namespace ebbcache {
namespace {

/// How often one slab is searched for expired entries at most, ms.
constexpr uint64_t kSweepSpacingMs = 1000;

uint64_t steadyNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

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
  if (environment.nowMs == nullptr) environment.nowMs = steadyNowMs;
  std::unique_ptr<Store> store(new Store(options, std::move(environment)));
  return store->arena_ != nullptr ? std::move(store) : nullptr;
}

Store::Store(const StoreOptions& options, StoreEnvironment environment)
    : options_(options),
      environment_(std::move(environment)),
      seed_(HashSeed::random()),
      memory_(*environment_.memory, options.maxBytes),
      arena_(Arena::make(memory_,
                         Layout::forBudget(options.maxBytes, environment_.memory->pageBytes()),
                         options.maxBytes, options.policy)) {}

Store::~Store() = default;

// ---------------------------------------------------------------- reading

bool Store::expired(const Entry* entry) const {
  // The clock is read for those that can expire only: it costs as much as the lookup.
  return (entry->flags & kExpires) != 0 && entry->expiry() <= environment_.nowMs();
}

Address Store::find(uint32_t hash, std::string_view key) {
  const Address address = arena_->index.find(hash, key);
  if (address == kNowhere || !expired(arena_->slabs.at(address))) return address;
  ++counters_.expirations;
  arena_->policy->removed(address);
  forget(address);
  return kNowhere;
}

ReadResult Store::read(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                       bool counts) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  const Address address = find(hash, key);
  if (address == kNowhere) {
    if (counts) ++counters_.misses;
    return ReadResult::kMiss;
  }
  const Entry* const entry = arena_->slabs.at(address);
  bytes = entry->valueBytes;
  if (bytes > capacity) return ReadResult::kBufferTooSmall;
  if (bytes > 0) std::memcpy(out, entry->valueData(), bytes);
  if (counts) {
    ++counters_.hits;
    arena_->policy->hit(address);
  }
  return ReadResult::kHit;
}

ReadResult Store::get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  return read(key, out, capacity, bytes, true);
}

ReadResult Store::peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  return read(key, out, capacity, bytes, false);
}

ReadResult Store::view(std::string_view key, const std::function<void(std::string_view)>& visit) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  const Address address = find(hash, key);
  if (address == kNowhere) {
    ++counters_.misses;
    return ReadResult::kMiss;
  }
  const Entry* const entry = arena_->slabs.at(address);
  visit({entry->valueData(), entry->valueBytes});
  ++counters_.hits;
  arena_->policy->hit(address);
  return ReadResult::kHit;
}

bool Store::has(std::string_view key) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  return find(hash, key) != kNowhere;
}

uint64_t Store::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return arena_->index.scan(cursor, [&](Address address) {
    const Entry* const entry = arena_->slabs.at(address);
    if (!expired(entry)) visit(entry->key());
  });
}

// ---------------------------------------------------------------- writing

PutResult Store::put(std::string_view key, std::string_view value, const PutOptions& options) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const uint64_t ttl = options.ttlMs != 0 ? options.ttlMs : options_.defaultTtlMs;
  const uint64_t bytes = Entry::bytesFor(key.size(), value.size(), ttl != 0);

  const std::lock_guard<std::mutex> lock(mutex_);
  const bool tooLong = key.empty() || key.size() > kMaxKeyBytes || value.size() > kMaxValueBytes;
  if (tooLong || !canEverFit(bytes)) {
    ++counters_.rejections;
    return PutResult::kTooLarge;
  }
  if (options_.maxEntries != 0 && find(hash, key) == kNowhere) {
    while (arena_->index.count() >= options_.maxEntries && evictOne()) {
    }
  }
  const Address address = allocate(bytes);
  if (address == kNowhere) return PutResult::kNoMemory;

  write(address, hash, key, value, expiryAfter(ttl));
  // Looked up only now: making room may have moved or evicted it.
  const Address old = arena_->index.find(hash, key);
  Admission admission;
  admission.cost = options.cost;
  if (old != kNowhere) admission.replaced = arena_->slabs.at(old);
  link(address, admission);
  if (old != kNowhere) {
    arena_->policy->removed(old);
    forget(old);
  }
  ++counters_.puts;
  return PutResult::kStored;
}

uint64_t Store::expiryAfter(uint64_t ttlMs) const {
  if (ttlMs == 0) return kNeverExpires;
  const uint64_t now = environment_.nowMs();
  return now + std::min(ttlMs, kNeverExpires - 1 - now);
}

void Store::write(Address address, uint32_t hash, std::string_view key, std::string_view value,
                  uint64_t expiry) {
  Entry* const entry = arena_->slabs.at(address);
  entry->hash = hash;
  entry->valueBytes = static_cast<uint32_t>(value.size());
  entry->keyBytes = static_cast<uint16_t>(key.size());
  entry->flags = expiry == kNeverExpires ? kLive : kLive | kExpires;
  entry->uses = 0;
  if (expiry != kNeverExpires) {
    entry->setExpiry(expiry);
    arena_->log.noteExpiry(address, expiry);
  }
  std::memcpy(entry->keyData(), key.data(), key.size());
  if (!value.empty()) std::memcpy(entry->valueData(), value.data(), value.size());
}

void Store::link(Address address, const Admission& admission) {
  arena_->policy->inserted(address, admission);
  arena_->index.insert(address);
  counters_.payloadBytes += arena_->slabs.at(address)->payloadBytes();
}

bool Store::remove(std::string_view key) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  const Address address = find(hash, key);
  if (address == kNowhere) return false;
  arena_->policy->removed(address);
  forget(address);
  return true;
}

void Store::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  arena_->clear();
  counters_.payloadBytes = 0;
}

/// The policy no longer has it.
void Store::forget(Address address) {
  counters_.payloadBytes -= arena_->slabs.at(address)->payloadBytes();
  arena_->forget(address);
}

bool Store::evictOne() {
  const Address address = arena_->policy->evict();
  if (address == kNowhere) return false;
  ++counters_.evictions;
  forget(address);
  return true;
}

// ---------------------------------------------------------------- room

uint64_t Store::liveLimit(uint64_t budget, uint64_t singleBytes) const {
  const Layout& layout = arena_->layout;
  const uint64_t room = less(less(budget, arena_->tableBytes()), singleBytes);
  return liveLimitOf(room / layout.slabBytes * layout.slabBytes, layout);
}

bool Store::canEverFit(uint64_t entryBytes) const {
  const Layout& layout = arena_->layout;
  const uint64_t room = less(budget(), arena_->emptyTableBytes());
  const bool shares = entryBytes <= layout.largestInSlab();
  return shares ? layout.slabBytes <= room : memory_.wholePages(entryBytes) <= room;
}

bool Store::mayGrow(uint64_t bytes) const {
  return !environment_.mayGrow || environment_.mayGrow(bytes);
}

bool Store::makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newSingleBytes) {
  const auto fits = [&] {
    return arena_->log.sharedLiveBytes() + bytes <=
           liveLimit(budget, arena_->log.singleBytes() + newSingleBytes);
  };
  // Tables that entries leave behind are room too: give them back on the way, not after it.
  const auto contractBelow = [&] { return arena_->index.count() - arena_->index.count() / 8; };
  for (uint64_t below = contractBelow(); !fits();) {
    if (arena_->index.count() < below || arena_->index.count() == 0) {
      arena_->contractTables();
      if (arena_->index.count() == 0) return fits();
      below = contractBelow();
    } else if (!evictOne()) {
      return false;
    }
  }
  return true;
}

Address Store::allocate(uint64_t entryBytes) {
  makeIndexRoom();
  const bool shares = entryBytes <= arena_->layout.largestInSlab();
  return shares ? allocateShared(entryBytes) : allocateSingle(entryBytes);
}

Address Store::allocateShared(uint64_t bytes) {
  const Layout& layout = arena_->layout;
  EntryLog& log = arena_->log;
  const uint64_t heldBefore = memory_.held();
  if (!makeLiveRoom(bytes, budget(), 0)) return kNowhere;
  for (bool refused = false;;) {
    const Address address = log.append(bytes);
    if (address != kNowhere) return address;

    const uint64_t live = log.sharedLiveBytes() + bytes;
    const uint64_t worthCompacting = liveLimitOf(log.sharedBytes(), layout, kGrowthSlackShare);
    if (live <= worthCompacting && log.openCompacted(bytes)) continue;

    // What was held before may be held again without asking.
    const uint64_t heldThen = memory_.held() + layout.slabBytes;
    if (!refused && heldThen <= memory_.budget() &&
        (heldThen <= heldBefore || mayGrow(layout.slabBytes))) {
      if (log.openFresh()) continue;
      refused = true;
      // Nothing that could give way would give the system back its memory.
      if (log.sharedBytes() == 0) return kNowhere;
    }
    if (live <= liveLimitOf(log.sharedBytes(), layout) &&
        (log.openCompacted(bytes) || log.openEvacuated())) {
      continue;
    }
    if (!evictOne()) return kNowhere;
  }
}

Address Store::allocateSingle(uint64_t bytes) {
  const uint64_t whole = memory_.wholePages(bytes);
  const uint64_t heldBefore = memory_.held();
  uint64_t mayHold = memory_.budget();
  const uint64_t growth = less(std::min(heldBefore + whole, mayHold), heldBefore);
  // One that may not grow replaces what it holds.
  if (growth > 0 && !mayGrow(growth)) mayHold = heldBefore;
  if (mayHold < whole) return kNowhere;
  makeLiveRoom(0, std::min(mayHold, budget()), whole);
  shrinkHeldTo(mayHold - whole);
  return memory_.held() + whole <= mayHold ? arena_->log.appendSingle(bytes) : kNowhere;
}

void Store::makeIndexRoom() {
  HashIndex& index = arena_->index;
  if (!index.wantsChunk()) return;
  if (!memory_.fits(index.chunkBytes())) {
    makeLiveRoom(0, less(budget(), index.chunkBytes()), 0);
    arena_->log.dropOneSlab();
  }
  // Without it chains grow longer, and the next put asks again.
  index.addChunk();
}

uint64_t Store::shrinkHeldTo(uint64_t target) {
  const uint64_t before = memory_.held();
  if (before <= target) return 0;
  makeLiveRoom(0, target, 0);
  arena_->log.dropEmptySlabs();
  arena_->contractTables();
  while (memory_.held() > target) {
    if (!arena_->log.dropOneSlab() && !evictOne()) break;
  }
  arena_->contractTables();
  return before - memory_.held();
}

// ---------------------------------------------------------------- upkeep

void Store::maintain() {
  for (uint32_t number = 1;; ++number) {
    // One slab a lock, so that readers wait for one sweep at most.
    const std::lock_guard<std::mutex> lock(mutex_);
    if (number >= arena_->slabs.end()) {
      if (counters_.expirations != expirationsSwept_) arena_->log.dropEmptySlabs();
      expirationsSwept_ = counters_.expirations;
      return;
    }
    arena_->log.sweepExpired(number, environment_.nowMs(), kSweepSpacingMs,
                             [this](Address address) {
                               ++counters_.expirations;
                               arena_->policy->removed(address);
                               forget(address);
                             });
  }
}

// ---------------------------------------------------------------- numbers

StoreStats Store::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  StoreStats stats = counters_;
  stats.entries = arena_->index.count();
  stats.heldBytes = memory_.held();
  stats.budgetBytes = memory_.budget();
  stats.maxBytes = options_.maxBytes;
  stats.memoryRefusals = memory_.refusals();
  return stats;
}

uint64_t Store::heldBytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return memory_.held();
}

uint64_t Store::budgetBytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return memory_.budget();
}

uint64_t Store::maxBytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return options_.maxBytes;
}

}  // namespace ebbcache
