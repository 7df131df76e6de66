// A byte-budgeted store of keys and values outside any heap. Thread-safe.
//
//   put -> EvictionPolicy makes room -> EntryLog appends -> HashIndex links
//   get -> HashIndex finds -> the value is copied out -> EvictionPolicy hears of it
//
// Writers come one at a time, by a mutex. A reader takes the lock of its key's stripe alone, and a
// writer takes that too while it changes an entry of the stripe.
//
// Every byte that it takes from the system (slabs, index, tables) counts towards its budget, and
// the sum never passes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "slab/budgeted_memory.h"
#include "store/arena.h"
#include "store/key_hash.h"
#include "store/noinline.h"
#include "store/slack.h"
#include "store/stripe_locks.h"

namespace ebbcache {

struct StoreOptions {
  /// kMinBudgetBytes to kMaxBudgetBytes.
  uint64_t maxBytes = 0;
  /// Entries at most; 0 for no bound but bytes.
  uint64_t maxEntries = 0;
  Policy policy = Policy::kLru;
  /// Of entries put without a time to live of their own, ms; 0 for none.
  uint64_t defaultTtlMs = 0;

  /// Empty when all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// What a store needs of the world around it; tests give it another.
struct StoreEnvironment {
  MemorySource* memory = &osMemory();
  /// Monotonic milliseconds.
  uint64_t (*nowMs)() = nullptr;
  /// Asked before a slab is taken or ordered, or memory for a large entry; a store that may not
  /// grow lives within what it holds. With a supply, its thread asks too.
  std::function<bool(uint64_t bytes)> mayGrow;
  /// Makes slabs of huge pages ahead of need, so that puts do not wait for them; outlives the
  /// store. With none, slabs are mapped when they are needed.
  SlabSupply* supply = nullptr;
};

struct StoreStats {
  uint64_t entries = 0;
  /// Key and value bytes.
  uint64_t payloadBytes = 0;
  uint64_t heldBytes = 0;
  uint64_t budgetBytes = 0;
  uint64_t maxBytes = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t puts = 0;
  /// All entries that gave way to others, to maxEntries, to a smaller budget or to pressure.
  uint64_t evictions = 0;
  uint64_t expirations = 0;
  /// Those of `evictions` that gave way to pressure.
  uint64_t pressureEvictions = 0;
  /// Values too large for the budget.
  uint64_t rejections = 0;
  /// Requests for memory that the system refused.
  uint64_t memoryRefusals = 0;
};

/// What a call under pressure took from a store.
struct Shrinkage {
  /// Bytes that are back with the system.
  uint64_t releasedBytes = 0;
  uint64_t evictions = 0;
  /// Whether the budget is less than before.
  bool lowered = false;
};

enum class PutResult : uint8_t { kStored, kTooLarge, kNoMemory };

struct PutOptions {
  /// ms; 0 for the store's default.
  uint64_t ttlMs = 0;
  /// What it took to make the value, ms.
  double cost = 0;
};

/// What a call of maintain() did: found nothing to do, did all that there was, used up its time
/// with more left to do, or could do nothing because the store was in use.
enum class MaintainResult : uint8_t { kIdle, kDone, kMore, kBusy };

enum class ReadResult : uint8_t { kMiss, kHit, kBufferTooSmall };

class Store {
 public:
  /// Null when the options are invalid or the system refuses the first pages.
  static std::unique_ptr<Store> open(const StoreOptions& options,
                                     StoreEnvironment environment = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Copies key (1 to kMaxKeyBytes) and value in. What is too large changes nothing; what is
  /// refused for lack of memory leaves the key's old value, but others may have given way in vain.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Copies the value to `out` and its size to `bytes`. With too small a buffer only the size is
  /// given, and the call counts as neither hit nor use.
  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  /// As get, of a value that begins with `prefix`. One that does not is removed, and a miss.
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, char* out,
                         uint64_t capacity, uint64_t& bytes);
  /// Calls `visit` with the value in place, under a lock of the entry, if the key is there: kHit or
  /// kMiss. `visit` must not call the store: it would wait for itself.
  /// Counts like get.
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit);
  /// The same as get, never counted.
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  bool has(std::string_view key);
  /// True when it was there.
  bool remove(std::string_view key);
  /// Gives all memory but the fixed tables back.
  void clear();

  /// Visits the keys of some entries and returns the next cursor; 0 begins and ends. An entry that
  /// is there from begin to end is visited exactly once. `visit` runs under a lock of the entry.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// Changes maxBytes; memory above it is back with the system on return. A size of quite another
  /// order moves all entries to slabs that fit it. False when out of range, or when the memory for
  /// larger tables is refused: then maxBytes is what it was.
  bool resize(uint64_t maxBytes);
  /// Evicts until `bytes` are back with the system, or nothing is left; returns how many are.
  uint64_t shrink(uint64_t bytes);
  /// Lowers or raises the budget, between leastBudget() and maxBytes, where it still is `from`.
  Shrinkage changePressureBudget(uint64_t from, uint64_t to);
  /// What the tables and an open slab need: no budget is less.
  uint64_t leastBudget() const;
  /// Evicts until the payload is `bytes` at most, whatever the budget, and gives back the slabs
  /// that the rest has no need of.
  Shrinkage ebbPayloadTo(uint64_t bytes);
  /// Returns the bytes of expired entries to the budget, and memory that the store has had no use
  /// for lately to the system: empty slabs, and more where live entries fill less than half. Works
  /// for about a millisecond and goes on with the next call. With `waits` false it does not wait
  /// for other writers: kBusy where there is one. After kMore the next call should come soon, after
  /// kIdle it may be later.
  MaintainResult maintain(bool waits = true);

  StoreStats stats() const;
  uint64_t heldBytes() const;
  uint64_t payloadBytes() const;
  uint64_t budgetBytes() const;
  uint64_t maxBytes() const;

  /// Checks that all that the store keeps about its entries and its memory agrees: empty when it
  /// does, else a sentence on the first fault. For tests and for debugging: it looks at every entry
  /// while nobody else may use the store, and takes memory from the heap.
  std::string findFault() const;

 private:
  Store(const StoreOptions& options, StoreEnvironment environment);

  /// Whether a read is a hit or a miss, and a use.
  enum class Counted : uint8_t { kNo, kYes };

  /// Moves a slab of small pages to the spare one, unless that is wanted for puts, and orders the
  /// next. On the supply's thread, which does not wait for the store, or the one that maintains.
  /// Readers wait while the slab is copied.
  /// False where there is none to upgrade, or no slab to be had for it.
  bool upgradeOneSlab(const std::unique_lock<std::mutex>& lock);

  /// What maintain() knows from call to call.
  struct Upkeep {
    /// Expirations when it was last looked for slabs that they emptied.
    uint64_t expirationsSeen = 0;
    /// They may have emptied more.
    bool dropsEmptied = false;
    /// Slabs taken when that was last looked at, and when they were fewer, ms.
    uint64_t slabsTakenSeen = 0;
    uint64_t quietSince = 0;
    /// There was much to give back, and some of it is left.
    bool givesBack = false;
  };
  /// With mutex_ held, and as long as `mayGoOn`.
  MaintainResult sweepExpired(const std::function<bool()>& mayGoOn);
  MaintainResult giveBackUnused(const std::function<bool()>& mayGoOn);
  MaintainResult giveBackSparse(const std::function<bool()>& mayGoOn);

  bool expired(const Entry* entry) const;
  EBBCACHE_NOINLINE bool past(uint64_t expiry) const;
  /// Runs `onHit` with the stripe held.
  template <HashIndex::Wanted kWanted, Counted kCounted, typename OnHit>
  ReadResult read(std::string_view key, OnHit&& onHit);
  /// Forgets an entry that a reader found expired, unless a writer is at work: then a later one, or
  /// maintain(), does.
  EBBCACHE_NOINLINE void dropExpired(uint64_t hash, std::string_view key);

  /// Removes the entry, if it is there and `condition` of it holds; takes mutex_ itself.
  template <typename Condition>
  bool removeIf(std::string_view key, Condition&& condition);

  // What follows is for a writer: with mutex_ held.

  /// An entry that has expired is forgotten and not found. Its stripe is held.
  Address find(uint64_t hash, std::string_view key);
  uint64_t expiryAfter(uint64_t ttlMs) const;
  void write(Address address, std::string_view key, std::string_view value, uint64_t expiry);
  /// The stripe is held.
  void link(Address address, uint64_t hash, const Admission& admission);
  /// link(), in place of another entry of the key.
  void replace(Address old, Address address, uint64_t hash, const Admission& admission);

  /// What the entries must fit: maxBytes, or less under pressure.
  uint64_t budget() const { return std::min(memory_.budget(), options_.maxBytes); }
  bool canEverFit(uint64_t entryBytes) const;
  /// Live bytes that shared slabs may hold within a budget.
  uint64_t liveLimit(uint64_t budget, uint64_t singleBytes) const;
  /// Evicts until `bytes` more in shared slabs, and `newSingleBytes` more of entries that lie
  /// alone, leave the slack within the budget that compaction needs; or until `most` bytes of
  /// entries have gone. False when there are none left to evict and it is not enough.
  bool makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newSingleBytes,
                    uint64_t most = UINT64_MAX);
  Address allocate(uint64_t entryBytes);
  Address allocateShared(uint64_t bytes);
  Address allocateSingle(uint64_t bytes);
  /// Whether the slab to open next is one with gaps, not a fresh one. The open one is full.
  bool fillsGaps();
  void makeIndexRoom();
  /// allocate(), and room for the entry in the index.
  Address allocateLinkable(uint64_t hash, uint64_t entryBytes);
  bool mayGrow(uint64_t bytes) const;
  void orderSpare();
  /// Bytes of the budget that puts leave for a spare slab, so that a full store too can move slabs
  /// of small pages to it; 0 when there are few of them.
  uint64_t keptForMoves() const;

  bool evictOne();
  /// Brings into the cache what the next evictions will need, of this victim and of those behind it
  /// in its queue: buckets and ghosts come together, not one after the other.
  void prepareEvictions(Address first);
  /// The policy no longer has it; its stripe is held.
  void forget(Address address, uint64_t hash);
  /// Returns the bytes given back. A spare slab in the making is waited for only when nothing else
  /// is left to give.
  uint64_t shrinkHeldTo(uint64_t target);
  uint64_t leastBytes() const;
  bool growTables(uint64_t maxBytes);
  bool rebuild(const Layout& layout, uint64_t maxBytes);
  void carryOver(Arena& from);

  StoreOptions options_;
  const StoreEnvironment environment_;
  const KeyHash hash_;

  /// Taken before a stripe.
  mutable std::mutex mutex_;
  mutable StripeLocks stripes_;
  BudgetedMemory memory_;
  std::unique_ptr<Arena> arena_;
  StoreStats counters_;
  Slack slack_;
  /// The system was asked for a slab and said that the store may not grow.
  bool heldBack_ = false;
  /// What the last entry with a mapping of its own made the store give back beyond its own bytes:
  /// up to a slab, that it may take again without asking.
  uint64_t givenBackTooMuch_ = 0;
  /// Evictions until the next ones are to be prepared.
  uint32_t evictionsPrepared_ = 0;
  /// A slab was taken, and no spare was ordered in its place yet.
  bool spareIsDue_ = false;
  /// A slab was taken since upgradeOneSlab() looked last.
  bool tookSlab_ = false;
  Upkeep upkeep_;
};

}  // namespace ebbcache
