// A byte-budgeted store of keys and values outside any heap. Thread-safe.
//
//   put -> EvictionPolicy makes room -> EntryLog appends -> HashIndex links
//   get -> HashIndex finds -> the value is copied out -> EvictionPolicy hears of it
//
// Locks, in the order in which they are taken:
//   largeMutex_   puts of values so large that they lie alone, and changes of size and budget: one
//                 at a time
//   mutex_        writers: one at a time
//   a stripe      a reader takes that of its key alone, and a writer does while it changes an entry
// A value that lies alone is copied in and out with none of the last two held: out by a reader that
// has pinned its mapping, in before the index knows of it. So nobody waits while megabytes are
// copied.
//
// Every byte that it takes from the system (slabs, index, tables) counts towards its budget, and
// the sum never passes it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "slab/budgeted_memory.h"
#include "store/arena.h"
#include "store/key_hash.h"
#include "store/noinline.h"
#include "store/removal_logs.h"
#include "store/settable_clock.h"
#include "store/slack.h"
#include "store/stripe_locks.h"

namespace ebbcache {

struct StoreOptions {
  /// kMinBudgetBytes to kMaxBudgetBytes.
  uint64_t maxBytes = 0;
  /// Entries at most; 0 for no bound but bytes.
  uint64_t maxEntries = 0;
  Policy policy = Policy::kLru;
  /// The time to live of entries that are put without their own, ms; 0 for none.
  uint64_t defaultTtlMs = 0;
  /// Whether each value has a stamp: 8 bytes that lie before it, and count as payload.
  bool stamped = false;

  /// Empty when all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// What a store needs of the world around it; tests give it another.
struct StoreEnvironment {
  MemorySource* memory = &osMemory();
  /// Monotonic milliseconds, which the store's own time follows.
  uint64_t (*steadyMs)() = nullptr;
  /// Asked before a slab is taken or ordered, or memory for a large entry; a store that may not
  /// grow lives within what it holds. With a supply, its thread asks too.
  std::function<bool(uint64_t bytes)> mayGrow;
  /// Makes slabs of huge pages ahead of need, so that puts do not wait for them; outlives the
  /// store. With none, slabs are mapped when they are needed.
  SlabSupply* supply = nullptr;
  /// The seed of the keys' hashes. Without one it is random, as it MUST be where others choose the
  /// keys; with one, the same calls do the same work in every process.
  std::optional<HashSeed> hashSeed;
};

struct StoreStats {
  uint64_t entries = 0;
  /// Key, stamp and value bytes.
  uint64_t payloadBytes = 0;
  uint64_t heldBytes = 0;
  uint64_t budgetBytes = 0;
  uint64_t maxBytes = 0;
  /// 0 for no bound but bytes.
  uint64_t maxEntries = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t puts = 0;
  /// All entries that were evicted: for others, maxEntries, a smaller budget or pressure.
  uint64_t evictions = 0;
  /// Those of `evictions` that maxEntries caused.
  uint64_t evictionsByEntries = 0;
  uint64_t expirations = 0;
  /// Those of `evictions` that pressure caused.
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
  /// Kept with the value, where the store is stamped.
  uint64_t stamp = 0;
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
  /// refused for lack of memory leaves the key's old value, but others may have been evicted in
  /// vain.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Bytes above which every put is refused as too large, by what the budget is now: for those who
  /// would have to make a value first. It may wait for a writer.
  uint64_t largestValue() const;
  /// Counts a put of a larger value, that nobody made.
  PutResult refuse();

  // Reads give the stamp of the value that they found: 0 where they found none, or the store is not
  // stamped.

  /// Copies the value to `out` and its size to `bytes`. With too small a buffer only the size is
  /// given, and the call counts as neither hit nor use.
  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                 uint64_t& stamp);
  /// As get, of a value that begins with `prefix`. One that does not is removed, and a miss, and
  /// its stamp is given.
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, char* out,
                         uint64_t capacity, uint64_t& bytes, uint64_t* stamp = nullptr);
  /// Calls `visit` with the value in place, if the key is there: kHit or kMiss. Writers wait for
  /// `visit`, or for the bytes that it is at; it must not call the store, or it would wait for
  /// itself. Counts like get.
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit,
                  uint64_t* stamp = nullptr);
  /// The same as get, never counted.
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                  uint64_t& stamp);
  bool has(std::string_view key);
  /// ms until it expires, kNeverExpires for a value without a time to live; nothing where there is
  /// no value. Never counted.
  std::optional<uint64_t> remainingTtl(std::string_view key);
  std::optional<uint64_t> remainingTtl(std::string_view key, uint64_t& stamp);
  /// True when it was there. The reason is what those are told who listen.
  bool remove(std::string_view key, RemovalReason reason = RemovalReason::kDelete);
  /// Removes the value of a stamped store where it has this stamp; false where it has not, or is
  /// not there.
  bool removeStamped(std::string_view key, uint64_t stamp,
                     RemovalReason reason = RemovalReason::kDelete);
  /// Gives all memory but the fixed tables back. Where somebody listens, it looks at as many
  /// entries as their logs have room for.
  void clear();

  /// From now on every entry that leaves is noted there, until it is detached or the store ends.
  /// What leaves with the store is told to nobody.
  void attach(std::shared_ptr<RemovalLog> log);
  void detach(const RemovalLog* log);
  /// Whether there is a log. Waits for nobody.
  bool tellsRemovals() const { return !removals_.isEmpty(); }

  /// Visits the keys of some entries and returns the next cursor; 0 begins and ends. An entry that
  /// is there from begin to end is visited exactly once. `visit` runs under a lock of the entry.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// Changes maxBytes; memory above it is back with the system on return. A size of quite another
  /// order moves all entries to slabs that fit it. False when out of range, or when the memory for
  /// larger tables is refused: then maxBytes is what it was.
  bool resize(uint64_t maxBytes);
  /// Changes maxEntries; 0 for no bound but bytes. Evicts what is above it.
  void setMaxEntries(uint64_t maxEntries);
  /// Evicts until `bytes` are back with the system, or nothing is left; returns how many are.
  uint64_t shrink(uint64_t bytes);
  /// Lowers or raises the budget, between leastBudget() and maxBytes, where it still is `from`.
  Shrinkage setBudget(uint64_t from, uint64_t to);
  /// What the tables and an open slab need: no budget is less. Waits for nobody.
  uint64_t leastBudget() const { return leastBudget_.load(std::memory_order_relaxed); }
  /// Evicts until the payload is `bytes` at most, whatever the budget, and gives back the slabs
  /// that the rest has no need of.
  Shrinkage trimPayload(uint64_t bytes);
  /// Returns the bytes of expired entries to the budget, and memory that the store has had no use
  /// for lately to the system: empty slabs, and more where live entries fill less than half. Works
  /// for about a millisecond and goes on with the next call. With `waits` false it does not wait
  /// for other writers: kBusy where there is one. After kMore the next call should come soon, after
  /// kIdle it may be later.
  MaintainResult maintain(bool waits = true);

  /// Has all times to live follow a time that is given, ms since the epoch, from -2^53 to 2^53: it
  /// stands still until the next one is given. Times more than about 557 years from the system's
  /// count as that far away. What was put before by the store's own time lives as long as if the
  /// given one had been the system's then.
  void giveTime(int64_t wallMs);
  /// The store follows its own time again.
  void giveNoTime();
  /// Forgets all entries that have expired, in one go.
  void forgetExpired();

  StoreStats stats() const;
  // These wait for nobody.
  uint64_t heldBytes() const { return memory_.held(); }
  uint64_t payloadBytes() const { return payloadBytes_.load(std::memory_order_relaxed); }
  uint64_t budgetBytes() const { return memory_.budget(); }
  uint64_t maxBytes() const { return maxBytes_.load(std::memory_order_relaxed); }
  uint64_t maxEntries() const { return maxEntries_.load(std::memory_order_relaxed); }

  /// Checks that all that the store keeps about its entries and its memory agrees: empty when it
  /// does, else a sentence on the first fault. For tests and for debugging: it looks at every entry
  /// while nobody else may use the store, and takes memory from the heap.
  std::string checkIntegrity() const;

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
    /// When it was last looked for expired entries, by the store's clock.
    uint64_t sweptAt = 0;
  };
  /// What the store's clock shows when it is this late by the system's, or by a given one.
  uint64_t timeOf(int64_t wallMs) const;

  /// With mutex_ held, and as long as `mayGoOn`.
  MaintainResult sweepExpired(const std::function<bool()>& mayGoOn);
  MaintainResult giveBackUnused(const std::function<bool()>& mayGoOn);
  MaintainResult giveBackSparse(const std::function<bool()>& mayGoOn);

  bool expired(const Entry* entry) const;
  EBBCACHE_NOINLINE bool past(Deadline deadline) const;
  /// Runs `onHit` with the stripe held, or with the entry's mapping pinned.
  template <HashIndex::Wanted kWanted, Counted kCounted, typename OnHit>
  ReadResult read(std::string_view key, OnHit&& onHit);
  /// What read() does for an entry whose mapping is pinned, with no lock held.
  template <Counted kCounted, typename OnHit>
  EBBCACHE_NOINLINE ReadResult readPinned(uint64_t hash, std::string_view key, Entry* entry,
                                          OnHit&& onHit);
  /// Forgets an entry that a reader found expired, unless a writer is at work: then a later one, or
  /// maintain(), does.
  EBBCACHE_NOINLINE void dropExpired(uint64_t hash, std::string_view key);

  /// Removes the entry, if it is there and `condition` of it holds; takes mutex_ itself.
  template <typename Condition>
  bool removeIf(std::string_view key, RemovalReason reason, Condition&& condition);

  // What lies behind an entry's stamp, and that.
  std::string_view valueOf(const Entry& entry) const {
    const std::string_view value = entry.value();
    return {value.data() + stampBytes_, value.size() - stampBytes_};
  }
  uint64_t stampOf(const Entry& entry) const;
  /// It is not in line, so that reads of a store that is not stamped take no longer for it.
  template <Counted kCounted>
  EBBCACHE_NOINLINE ReadResult copyFromStamped(std::string_view key, char* out, uint64_t capacity,
                                               uint64_t& bytes);
  static auto copyTo(char* out, uint64_t capacity, uint64_t& bytes, uint64_t stampBytes);
  template <Counted kCounted>
  ReadResult copyStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                         uint64_t& stamp);

  // What follows is for a writer: with mutex_ held.

  // These note an entry that is about to leave, where somebody listens. They are not in line, so
  // that nothing else takes longer for them.

  EBBCACHE_NOINLINE void noteRemoval(const Entry& entry, RemovalReason reason);
  /// It leaves for another entry of its key, or because it has expired.
  EBBCACHE_NOINLINE void noteReplaced(const Entry& entry);
  /// All entries are about to leave.
  EBBCACHE_NOINLINE void noteCleared();
  /// While one lives, evictOne() notes that entries leave for pressure.
  class EvictsForPressure;

  /// An entry that has expired is forgotten and not found. Its stripe is held.
  Address find(uint64_t hash, std::string_view key);
  Deadline deadlineAfter(uint64_t ttlMs) const;
  /// Evicts for maxEntries until there are `entries` at most.
  void evictToEntries(uint64_t entries);
  /// Makes room for one more key where there is a bound of entries.
  void evictToMaxEntries(uint64_t hash, std::string_view key);
  static void write(Entry& entry, std::string_view key, std::string_view value, Deadline deadline);
  /// The same of a put, whose value gets a stamp where the store is stamped.
  void write(Entry& entry, std::string_view key, std::string_view value, Deadline deadline,
             uint64_t stamp) const {
    if (stampBytes_ == 0) return write(entry, key, value, deadline);
    writeStamped(entry, key, value, deadline, stamp);
  }
  EBBCACHE_NOINLINE static void writeStamped(Entry& entry, std::string_view key,
                                             std::string_view value, Deadline deadline,
                                             uint64_t stamp);
  /// Links an entry that was written, in place of the one that the key has.
  void publish(Address address, uint64_t hash, std::string_view key, double cost);
  /// The stripe is held.
  void link(Address address, uint64_t hash, const Admission& admission);
  /// link(), in place of another entry of the key.
  void replace(Address old, Address address, uint64_t hash, const Admission& admission);

  /// What the entries must fit: maxBytes, or less under pressure.
  uint64_t budget() const { return std::min(memory_.budget(), maxBytes()); }
  bool canEverFit(uint64_t entryBytes) const;
  /// Live bytes that shared slabs may hold within a budget.
  uint64_t liveLimit(uint64_t budget, uint64_t largeBytes) const;
  /// Evicts until `bytes` more in shared slabs, and `newLargeBytes` more of entries that lie
  /// alone, leave the slack within the budget that compaction needs; or until `most` bytes of
  /// entries have gone. False when there are none left to evict and it is not enough.
  bool makeLiveRoom(uint64_t bytes, uint64_t budget, uint64_t newLargeBytes,
                    uint64_t most = UINT64_MAX);
  Address allocateShared(uint64_t bytes);
  /// What one put has found out about another slab.
  struct SlabRequest {
    uint64_t heldBefore = 0;
    /// What would have been held when the system refused.
    uint64_t refusedAt = UINT64_MAX;
    bool asked = false;
  };
  /// False where budget, slots, machine or system have no room for one.
  bool openFreshSlab(SlabRequest& request);
  bool hasSlabSlot() const;
  /// Makes tables that a resize left too small for maxBytes large enough, if the store may grow.
  bool addsSlots();
  /// Whether the slab to open next is one with gaps, not a fresh one. The open one is full.
  bool fillsGaps();
  void makeIndexRoom();
  /// Whether the index has room for one more entry of the hash, or was given some.
  bool hasIndexRoomFor(uint64_t hash);
  /// allocateShared(), and room for the entry in the index.
  Address allocateLinkable(uint64_t hash, uint64_t entryBytes);
  bool mayGrow(uint64_t bytes) const;

  // An entry that lies alone is put in three steps: `lock` of mutex_ is held but for the second.

  PutResult putLarge(std::unique_lock<std::mutex>& lock, std::string_view key,
                     std::string_view value, uint64_t hash, const EntryShape& shape,
                     const PutOptions& options);
  /// Whole pages for it, with room made for them, and where the store may not grow, within
  /// `unasked` bytes; null when refused, or as long as readers are at what was evicted for it.
  void* takeLarge(uint64_t bytes, uint64_t unasked);
  /// Links the entry that was written there; false, and the mapping is still the caller's, where
  /// the store has no room for it any more.
  bool publishLarge(void* mapping, uint64_t hash, std::string_view key, double cost);
  /// The bytes of entries that lie alone, with the one that is being written.
  uint64_t largeBytes() const { return arena_->log.largeBytes() + writingBytes_; }

  void orderSpare();
  /// Bytes of the budget that puts leave for a spare slab, so that a full store too can move slabs
  /// of small pages to it; 0 when there are few of them.
  uint64_t keptForMoves() const;

  /// Second chances that a put of such an entry gives.
  static uint64_t chancesFor(uint64_t entryBytes);
  bool evictOne();
  /// Brings into the cache what the next evictions will need, of this victim and of those behind it
  /// in its queue: buckets and ghosts come together, not one after the other.
  void prepareEvictions(Address first);
  /// A decrease is given as its complement, as unsigned numbers have it.
  void addPayload(uint64_t bytes) {
    payloadBytes_.store(payloadBytes() + bytes, std::memory_order_relaxed);
  }
  /// The policy no longer has it; its stripe is held.
  void forget(Address address, uint64_t hash);
  /// Returns the bytes given back. A spare slab in the making is waited for only when nothing else
  /// is left to give.
  uint64_t shrinkHeldTo(uint64_t target);
  uint64_t leastBytes() const;
  // With largeMutex_ held too. Where readers are still at what was evicted, these wait for them
  // without `lock`, which is of mutex_.

  /// shrinkHeldTo(), and on return the memory is back with the system. Returns the evictions.
  uint64_t shrinkWholly(std::unique_lock<std::mutex>& lock, uint64_t target);
  /// The same, and `budget` is the budget from now on; on the way, what is held.
  uint64_t holdWithin(std::unique_lock<std::mutex>& lock, uint64_t budget);

  /// Whether slabs or tables are far too large or too small for a new size.
  bool isFarFrom(const Layout& layout, uint64_t maxBytes) const;
  bool growTables(uint64_t maxBytes);

  // A rebuild moves all entries to another arena, while readers go on. It stays within the memory's
  // budget, and where the store may not grow, within what it held, or `least` bytes if that is
  // more: what does not fit is evicted, the oldest first.

  bool rebuildWithin(uint64_t least, std::unique_lock<std::mutex>& lock, const Layout& layout,
                     uint64_t maxBytes);
  bool rebuild(std::unique_lock<std::mutex>& lock, const Layout& layout, uint64_t maxBytes);
  /// Bytes of an arena of that layout with all entries that there are now.
  uint64_t bytesIn(const Layout& layout, uint64_t maxBytes) const;
  void carryOver();
  /// Carries an entry of the outgoing arena; false where there is no room for it.
  bool carryOne(Address at, uint64_t hash);
  /// The same with the mapping that the entry lies alone in.
  bool carryMapping(Address at, uint64_t hash);
  bool hasRoomForCarried(uint64_t hash);
  /// Evicts the oldest entry of the outgoing arena.
  void evictOutgoing();
  Address allocateCarried(uint64_t bytes);
  Address allocateCarriedLarge(uint64_t bytes);
  /// Has the outgoing arena give back slabs until so many bytes fit; false where it cannot. That
  /// moves entries there: see outgoingMoved_.
  bool freeOutgoing(uint64_t bytes);

  /// These are the options that it was opened with: maxBytes_ and maxEntries_ are the bounds now.
  const StoreOptions options_;
  /// Before each value; 0 where the store is not stamped.
  const uint64_t stampBytes_;
  const StoreEnvironment environment_;
  SettableClock clock_;
  /// The clock was set back since it was last looked for expired entries.
  std::atomic<bool> wasSetBack_{false};
  /// What the clock showed when the system's was at 0 ms, as the two were at the start.
  const int64_t wallOrigin_;
  const KeyHash hash_;

  std::mutex largeMutex_;
  mutable std::mutex mutex_;
  mutable StripeLocks stripes_;
  BudgetedMemory memory_;
  std::unique_ptr<Arena> arena_;
  /// While a resize moves the entries to another arena, and under its mutex alone: the one that
  /// they leave. Readers look there for what they do not find.
  std::unique_ptr<Arena> outgoing_;
  /// Room was made since this was set to false, by which entries of the outgoing arena may have
  /// come to other addresses.
  bool outgoingMoved_ = false;
  StoreStats counters_;
  // Changed by writers, read by any thread.
  std::atomic<uint64_t> maxBytes_;
  std::atomic<uint64_t> maxEntries_;
  std::atomic<uint64_t> payloadBytes_{0};
  std::atomic<uint64_t> leastBudget_{0};
  /// Taken for an entry that lies alone and is being written.
  uint64_t writingBytes_ = 0;
  Slack slack_;
  /// A slab was wanted, and the store may not grow, or the system refused it. The store then lives
  /// within what it holds, as it does within its budget.
  bool growthDenied_ = false;
  /// Bytes put into slabs since that was asked last.
  uint64_t appendedSinceAsked_ = 0;
  /// What the last entry with a mapping of its own made the store give back beyond its own bytes:
  /// up to a slab, that it may take again without asking.
  uint64_t regrowCredit_ = 0;
  /// Evictions until the next ones are to be prepared.
  uint32_t evictionsPrepared_ = 0;
  /// A slab was taken, and no spare was ordered in its place yet.
  bool spareIsDue_ = false;
  /// A slab was taken since upgradeOneSlab() looked last.
  bool tookSlab_ = false;
  Upkeep upkeep_;
  RemovalLogs removals_;
  RemovalReason evictsFor_ = RemovalReason::kEvict;
};

}  // namespace ebbcache
