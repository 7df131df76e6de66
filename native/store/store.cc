#include "store/store.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace ebbcache {
namespace {

/// Room that stays dead so that the emptiest slab is worth compacting: a sixteenth keeps
/// utilisation above 93 % and moves about as many bytes as are put when deaths are spread evenly.
constexpr uint64_t kSlackShare = 16;
/// More dead bytes than this share, and a slab is compacted rather than a fresh one taken while the
/// budget has room: what is held stays below 8/7 of what is live, whatever makes entries die.
constexpr uint64_t kGrowthSlackShare = 8;
/// How often one slab is searched for expired entries at most, ms.
constexpr uint64_t kSweepSpacingMs = 1000;

uint64_t steadyNowMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

uint64_t less(uint64_t a, uint64_t b) {
  return a > b ? a - b : 0;
}

/// Live bytes that slabs of so many bytes may hold for a share of them, and half a slab at least,
/// to be dead.
uint64_t liveLimitOf(uint64_t slabBytes, const Layout& layout, uint64_t slackShare = kSlackShare) {
  return less(slabBytes, std::max(slabBytes / slackShare, layout.slabBytes / 2));
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
  return store->reserveTables(options.maxBytes) ? std::move(store) : nullptr;
}

Store::Store(const StoreOptions& options, StoreEnvironment environment)
    : options_(options),
      environment_(std::move(environment)),
      layout_(Layout::forBudget(options.maxBytes, environment_.memory->pageBytes())),
      seed_(HashSeed::random()),
      relinker_(*this),
      memory_(*environment_.memory, options.maxBytes),
      slabs_(memory_, layout_),
      log_(slabs_, layout_, relinker_),
      index_(memory_, slabs_, layout_),
      policy_(makePolicy(options.policy, slabs_, memory_)) {}

Store::~Store() = default;

bool Store::reserveTables(uint64_t maxBytes) {
  return slabs_.reserve(maxBytes) && index_.reserve(maxBytes);
}

void Store::Relinker::moved(Address from, Address to) {
  store_.index_.moved(from, to);
  store_.policy_->moved(from, to);
}

// ---------------------------------------------------------------- reading

bool Store::expired(const Entry* entry) const {
  // The clock is read for those that can expire only: it costs as much as the lookup.
  return (entry->flags & kExpires) != 0 && entry->expiry() <= environment_.nowMs();
}

Address Store::find(uint32_t hash, std::string_view key) {
  const Address address = index_.find(hash, key);
  if (address == kNowhere || !expired(slabs_.at(address))) return address;
  ++counters_.expirations;
  policy_->removed(address);
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
  const Entry* const entry = slabs_.at(address);
  bytes = entry->valueBytes;
  if (bytes > capacity) return ReadResult::kBufferTooSmall;
  if (bytes > 0) std::memcpy(out, entry->valueData(), bytes);
  if (counts) {
    ++counters_.hits;
    policy_->hit(address);
  }
  return ReadResult::kHit;
}

ReadResult Store::get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  return read(key, out, capacity, bytes, true);
}

ReadResult Store::peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
  return read(key, out, capacity, bytes, false);
}

bool Store::has(std::string_view key) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  return find(hash, key) != kNowhere;
}

uint64_t Store::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return index_.scan(cursor, [&](Address address) {
    const Entry* const entry = slabs_.at(address);
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
    while (index_.count() >= options_.maxEntries && evictOne()) {
    }
  }
  makeIndexRoom();
  const Address address =
      bytes <= layout_.largestInSlab() ? allocateShared(bytes) : allocateSingle(bytes);
  if (address == kNowhere) return PutResult::kNoMemory;

  write(address, hash, key, value, expiryAfter(ttl));
  // Looked up only now: making room may have moved or evicted it.
  const Address old = index_.find(hash, key);
  Admission admission;
  admission.cost = options.cost;
  if (old != kNowhere) admission.replaced = slabs_.at(old);
  policy_->inserted(address, admission);
  if (old != kNowhere) {
    policy_->removed(old);
    forget(old);
  }
  index_.insert(address);
  counters_.payloadBytes += key.size() + value.size();
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
  Entry* const entry = slabs_.at(address);
  entry->hash = hash;
  entry->valueBytes = static_cast<uint32_t>(value.size());
  entry->keyBytes = static_cast<uint16_t>(key.size());
  entry->flags = expiry == kNeverExpires ? kLive : kLive | kExpires;
  entry->uses = 0;
  if (expiry != kNeverExpires) {
    entry->setExpiry(expiry);
    log_.noteExpiry(address, expiry);
  }
  std::memcpy(entry->keyData(), key.data(), key.size());
  if (!value.empty()) std::memcpy(entry->valueData(), value.data(), value.size());
}

bool Store::remove(std::string_view key) {
  const auto hash = static_cast<uint32_t>(sipHash13(key, seed_));
  const std::lock_guard<std::mutex> lock(mutex_);
  const Address address = find(hash, key);
  if (address == kNowhere) return false;
  policy_->removed(address);
  forget(address);
  return true;
}

void Store::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  policy_->clear();
  index_.clear();
  log_.clear();
  counters_.payloadBytes = 0;
}

/// The policy no longer has it; index and log let go.
void Store::forget(Address address) {
  counters_.payloadBytes -= slabs_.at(address)->payloadBytes();
  index_.remove(address);
  log_.release(address);
}

bool Store::evictOne() {
  const Address address = policy_->evict();
  if (address == kNowhere) return false;
  ++counters_.evictions;
  forget(address);
  return true;
}

// ---------------------------------------------------------------- room

uint64_t Store::overheadBytes() const {
  return slabs_.tableBytes() + index_.indexBytes() + policy_->tableBytes();
}

/// What is held even when empty.
uint64_t Store::fixedBytes() const {
  return slabs_.tableBytes() + index_.indexBytesWhenEmpty();
}

uint64_t Store::liveLimit(uint64_t budget, uint64_t singleBytes) const {
  const uint64_t room = less(less(budget, overheadBytes()), singleBytes);
  return liveLimitOf(room / layout_.slabBytes * layout_.slabBytes, layout_);
}

bool Store::canEverFit(uint64_t entryBytes) const {
  const uint64_t room = less(memory_.budget(), fixedBytes());
  const bool shares = entryBytes <= layout_.largestInSlab();
  return shares ? layout_.slabBytes <= room : memory_.wholePages(entryBytes) <= room;
}

bool Store::mayGrow(uint64_t bytes) const {
  return !environment_.mayGrow || environment_.mayGrow(bytes);
}

void Store::contractTables() {
  index_.contract();
  policy_->contract();
}

bool Store::makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newSingleBytes) {
  const auto fits = [&] {
    return log_.sharedLiveBytes() + bytes <= liveLimit(budget, log_.singleBytes() + newSingleBytes);
  };
  while (!fits()) {
    if (evictOne()) continue;
    contractTables();
    return fits();
  }
  return true;
}

Address Store::allocateShared(uint64_t bytes) {
  if (!makeLiveRoom(bytes, memory_.budget(), 0)) return kNowhere;
  for (;;) {
    const Address address = log_.append(bytes);
    if (address != kNowhere) return address;
    const uint64_t worthwhile = liveLimitOf(log_.sharedBytes(), layout_, kGrowthSlackShare);
    if (log_.sharedLiveBytes() + bytes <= worthwhile && log_.openCompacted(bytes)) continue;
    const bool fits = memory_.fits(layout_.slabBytes);
    if (fits && mayGrow(layout_.slabBytes) && log_.openFresh()) continue;
    if (log_.sharedBytes() == 0) {
      // Entries that lie alone hold the budget, and can give way; a refusal by the system cannot.
      if (fits || !evictOne()) return kNowhere;
      continue;
    }
    while (log_.sharedLiveBytes() + bytes > liveLimitOf(log_.sharedBytes(), layout_) &&
           evictOne()) {
    }
    while (!log_.openCompacted(bytes)) {
      if (!evictOne()) return kNowhere;
    }
  }
}

Address Store::allocateSingle(uint64_t bytes) {
  const uint64_t whole = memory_.wholePages(bytes);
  makeLiveRoom(0, memory_.budget(), whole);
  if (!memory_.fits(whole)) shrinkHeldTo(less(memory_.budget(), whole));
  if (!mayGrow(whole)) {
    if (memory_.held() < whole) return kNowhere;
    shrinkHeldTo(memory_.held() - whole);
  }
  return log_.appendSingle(bytes);
}

void Store::makeIndexRoom() {
  if (!index_.wantsChunk()) return;
  if (!memory_.fits(index_.chunkBytes())) {
    makeLiveRoom(0, memory_.budget() - index_.chunkBytes(), 0);
    log_.dropOneSlab();
  }
  // Without it chains grow longer, and the next put asks again.
  index_.addChunk();
}

uint64_t Store::shrinkHeldTo(uint64_t target) {
  const uint64_t before = memory_.held();
  if (before <= target) return 0;
  makeLiveRoom(0, target, 0);
  log_.dropEmptySlabs();
  contractTables();
  while (memory_.held() > target) {
    if (!log_.dropOneSlab() && !evictOne()) break;
  }
  contractTables();
  return before - memory_.held();
}

bool Store::resize(uint64_t maxBytes) {
  StoreOptions options = options_;
  options.maxBytes = maxBytes;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!options.whyInvalid().empty()) return false;
  const uint64_t budget = memory_.budget();
  const bool unpressed = budget == options_.maxBytes;
  memory_.setBudget(unpressed ? maxBytes : std::min(budget, maxBytes));
  if (!reserveTables(maxBytes)) {
    memory_.setBudget(budget);
    return false;
  }
  options_.maxBytes = maxBytes;
  shrinkHeldTo(memory_.budget());
  return true;
}

uint64_t Store::shrink(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return shrinkHeldTo(less(memory_.held(), bytes));
}

uint64_t Store::setPressureBudget(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t floor = fixedBytes() + layout_.slabBytes;
  memory_.setBudget(std::min(std::max(bytes, floor), options_.maxBytes));
  const uint64_t evictionsBefore = counters_.evictions;
  const uint64_t released = shrinkHeldTo(memory_.budget());
  counters_.pressureEvictions += counters_.evictions - evictionsBefore;
  return released;
}

void Store::maintain() {
  for (uint32_t number = 1;; ++number) {
    // One slab a lock, so that readers wait for one sweep at most.
    const std::lock_guard<std::mutex> lock(mutex_);
    if (number >= slabs_.end()) {
      if (counters_.expirations != expirationsSwept_) log_.dropEmptySlabs();
      expirationsSwept_ = counters_.expirations;
      return;
    }
    log_.sweepExpired(number, environment_.nowMs(), kSweepSpacingMs, [this](Address address) {
      ++counters_.expirations;
      policy_->removed(address);
      forget(address);
    });
  }
}

// ---------------------------------------------------------------- numbers

StoreStats Store::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  StoreStats stats = counters_;
  stats.entries = index_.count();
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
