// A store of keys and values within a budget of bytes, outside any heap. Thread-safe.
//
//   put -> SpaceAllocator finds room (Evictor) -> EntryLog appends -> HashIndex links
//   get -> HashIndex finds -> the value is copied out -> EvictionPolicy notes the hit
//
// Goals: every byte that the store takes from the system (slabs, index, tables) counts towards its
// budget, and the sum never passes it; a read waits for at most one writer's step at one entry, and
// nobody waits while megabytes are copied; a refusal of memory is a refused put and a counter.
// Non-goals: values that outlive the process, several values under one key, and a fair share for
// each of several users.
//
// Locks, in the order in which they are taken:
//   largeMutex_   whoever puts a large entry, or changes size or budget, MUST hold it
//   mutex_        every writer MUST hold it; all parts of the store rely on that
//   a stripe      a reader MUST hold that of its key, and a writer MUST while it changes an entry
//   of the policy a hit buffer's, then the queue's: taken inside a stripe, or by a writer
// A large entry is copied in and out with neither of the last two held: out by a reader that has
// pinned its mapping, in before the index has it.
//
// The Store takes the locks, and its parts do the work: StoreCore has what they share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "store/evictor.h"
#include "store/expiry_sweeper.h"
#include "store/memory_releaser.h"
#include "store/noinline.h"
#include "store/resizer.h"
#include "store/slab_upgrader.h"
#include "store/space_allocator.h"
#include "store/store_gauges.h"
#include "store/store_options.h"
#include "store/store_results.h"
#include "store/store_stats.h"
#include "store/value_stamps.h"

namespace ebbcache {

class Store final : public StoreGauges {
 public:
  /// Null when the options are invalid or the system refuses the first pages.
  static std::unique_ptr<Store> open(const StoreOptions& options,
                                     StoreEnvironment environment = {});

  /// Copies key (1 to kMaxKeyBytes) and value in. A value that is too large changes nothing. A put
  /// that is refused for lack of memory leaves the key's old value, but other entries may have been
  /// evicted for it.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Bytes above which every put is refused as too large, by what the budget is now: for those who
  /// would have to make a value first. It may wait for a writer.
  uint64_t largestValue() const;
  /// Counts a put of a larger value, which nobody made.
  PutResult refuse();

  // Reads set `stamp`, where it is not null, to the stamp of the value that they found: 0 where
  // they found none, or the store is not stamped.

  /// Copies the value to `out` and its size to `bytes`. With too small a buffer only the size is
  /// given, and the call counts as neither hit nor use.
  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                 uint64_t* stamp = nullptr) {
    return stamp == nullptr ? getValue(key, out, capacity, bytes)
                            : getStamped(key, out, capacity, bytes, *stamp);
  }
  /// get() of a value that begins with `prefix`. A value that does not is removed and is a miss,
  /// and its stamp is given.
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, char* out,
                         uint64_t capacity, uint64_t& bytes, uint64_t* stamp = nullptr);
  /// Calls `visit` with the value in place, if the key is there: kHit or kMiss. `visit` runs with
  /// the key's stripe held, or with the mapping of a large entry pinned: it MUST NOT call the
  /// store, and writers that need the stripe, or the memory, wait for it. It counts like get().
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit,
                  uint64_t* stamp = nullptr);
  /// get() that counts as neither hit, miss nor use.
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                  uint64_t* stamp = nullptr) {
    return stamp == nullptr ? peekValue(key, out, capacity, bytes)
                            : peekStamped(key, out, capacity, bytes, *stamp);
  }
  /// It counts as neither hit, miss nor use.
  bool has(std::string_view key);
  /// The ms until the value expires, kNeverExpires for one without a time to live; nothing where
  /// there is no value. It counts as neither hit, miss nor use.
  std::optional<uint64_t> remainingTtl(std::string_view key, uint64_t* stamp = nullptr);
  /// True when it was there. With `onlyStamp`, a value is removed only where the store is stamped
  /// and the value has this stamp. The reason is what the removal logs note.
  bool remove(std::string_view key, RemovalReason reason = RemovalReason::kDelete,
              std::optional<uint64_t> onlyStamp = std::nullopt);
  /// Gives all memory but the fixed tables back. Where somebody listens, it visits as many entries
  /// as their logs have room for.
  void clear();
  /// Visits the keys of some entries and returns the next cursor; 0 begins and ends. An entry that
  /// is there from begin to end is visited exactly once. `visit` runs under a lock of the entry.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// From now on every entry that leaves is noted there, until the log is detached or the store
  /// ends. What leaves with the store is not noted.
  void attach(std::shared_ptr<RemovalLog> log);
  void detach(const RemovalLog* log);

  /// Changes maxBytes; memory above it is back with the system on return. A size of quite another
  /// order moves all entries to slabs that fit it. False when out of range, or when the memory for
  /// larger tables is refused: then maxBytes is what it was.
  bool resize(uint64_t maxBytes);
  /// Changes maxEntries; 0 for no bound but bytes. Evicts what is above it.
  void setMaxEntries(uint64_t maxEntries);
  /// Evicts until `bytes` are back with the system, or nothing is left; returns how many are.
  uint64_t shrink(uint64_t bytes);
  /// Lowers or raises the budget, between minBudget() and maxBytes, where it still is `from`.
  Shrinkage setBudget(uint64_t from, uint64_t to);
  /// Evicts until the payload is at most `bytes`, whatever the budget, and gives back the slabs
  /// that the rest has no need of.
  Shrinkage trimPayload(uint64_t bytes);
  /// Removes expired entries, moves slabs to huge pages, and gives memory back to the system that
  /// the store has had no use for lately. Works for about a millisecond and goes on with the next
  /// call. With `waits` false it does not wait for other writers: kBusy where there is one. After
  /// kMore the next call should come soon, after kIdle it may be later.
  MaintainResult maintain(bool waits = true);

  /// Has all times to live follow a time that is given, ms since the epoch, from -2^53 to 2^53: it
  /// stands still until the next one is given. Times more than about 557 years from the system's
  /// count as that far away. What was put before by the store's own time lives as long as if the
  /// given one had been the system's then. With none, the store follows its own time again.
  void giveTime(std::optional<int64_t> wallMs);
  /// Removes all entries that have expired, in one go.
  void removeExpired();

  StoreStats stats() const;
  /// Checks that all that the store keeps about its entries and its memory agrees: empty when it
  /// does, else a sentence on the first fault. For tests and for debugging: it visits every entry
  /// while nobody else may use the store, and takes memory from the heap.
  std::string checkIntegrity() const;

 private:
  Store(const StoreOptions& options, StoreEnvironment environment);

  /// Whether a read is a hit or a miss, and a use.
  enum class Counted : uint8_t { kNo, kYes };

  ReadResult getValue(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  ReadResult getStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                        uint64_t& stamp);
  ReadResult peekValue(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes);
  ReadResult peekStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                         uint64_t& stamp);
  /// Runs `onHit` with the stripe held, or with the entry's mapping pinned.
  template <HashIndex::Wanted kWanted, Counted kCounted, typename OnHit>
  ReadResult read(std::string_view key, OnHit&& onHit);
  /// What read() does for an entry whose mapping is pinned, with no lock held.
  template <Counted kCounted, typename OnHit>
  EBBCACHE_NOINLINE ReadResult readPinned(uint64_t hash, std::string_view key, Entry* entry,
                                          OnHit&& onHit);
  /// Removes an entry that a reader found expired, unless a writer is at work: then a later one, or
  /// maintain(), does.
  EBBCACHE_NOINLINE void removeSeenExpired(uint64_t hash, std::string_view key);
  static auto copyTo(char* out, uint64_t capacity, uint64_t& bytes, uint64_t stampBytes);
  template <Counted kCounted>
  ReadResult copyStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                         uint64_t& stamp);
  /// Not inlined, so that reads of a store that is not stamped take no longer for it.
  template <Counted kCounted>
  EBBCACHE_NOINLINE ReadResult copyFromStamped(std::string_view key, char* out, uint64_t capacity,
                                               uint64_t& bytes);

  /// Removes the entry, if it is there and `condition` of it holds; takes mutex_ itself.
  template <typename Condition>
  bool removeIf(std::string_view key, RemovalReason reason, Condition&& condition);

  // What follows is for a writer: mutex_ MUST be held.

  /// An entry that has expired is removed and not found. Its stripe MUST be held.
  Address find(uint64_t hash, std::string_view key);
  /// Evicts for one more key where there is a bound of entries.
  void evictToMaxEntries(uint64_t hash, std::string_view key);
  /// Links an entry that was written, in place of the one that the key has.
  void publish(Address address, uint64_t hash, std::string_view key, double cost);
  /// The stripe MUST be held.
  void link(Address address, uint64_t hash, const Admission& admission);
  /// link(), in place of another entry of the key.
  void replace(Address old, Address address, uint64_t hash, const Admission& admission);

  /// Puts a large entry in three steps: `lock` of mutex_ is held but for the second.
  PutResult putLarge(std::unique_lock<std::mutex>& lock, std::string_view key,
                     std::string_view value, uint64_t hash, const EntryShape& shape,
                     const PutOptions& options);
  /// Links the large entry that was written there; false, and the mapping is still the caller's,
  /// where the store has no room for it any more.
  bool publishLarge(void* mapping, uint64_t hash, std::string_view key, double cost);

  const ValueStamps stamps_;
  std::mutex largeMutex_;
  mutable std::mutex mutex_;
  Evictor evictor_;
  SpaceAllocator allocator_;
  ExpirySweeper sweeper_;
  MemoryReleaser releaser_;
  Resizer resizer_;
  /// It is the last member, and so ends first: then the supply does not call the store any more.
  SlabUpgrader upgrader_;
};

}  // namespace ebbcache
