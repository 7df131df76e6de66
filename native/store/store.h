// A store of keys and values within a budget of bytes, outside any heap. Thread-safe.
//
//   put -> SpaceAllocator finds room (Evictor) -> EntryLog appends -> HashIndex links
//   get -> HashIndex finds -> the value is copied out -> EvictionPolicy notes the hit
//
// Goals: every byte that the store takes from the system (slabs, index, tables) counts towards its
// budget, and the sum never passes it; a read waits for at most one writer's step at one entry;
// reads and puts of other entries do not wait while a large value is copied; a refusal of memory is
// a refused put and a counter.
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

#include "base/noinline.h"
#include "store/evictor.h"
#include "store/expiry_sweeper.h"
#include "store/memory_releaser.h"
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
  /// Returns null when the options are invalid or the system refuses the first pages.
  static std::unique_ptr<Store> open(const StoreOptions& options,
                                     StoreEnvironment environment = {});

  /// Copies key (1 to kMaxKeyBytes) and value into the store. A value that is too large changes
  /// nothing. A put that is refused for lack of memory leaves the key's old value, but may have
  /// evicted other entries.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// The size in bytes above which every put is refused as too large, with the present budget: for
  /// callers that would have to make a value first. It may wait for a writer.
  uint64_t largestValue() const;
  /// Counts a refused put of a larger value, which the caller did not make.
  PutResult refuse();

  // Reads set `stamp`, where it is not null, to the stamp of the value that they found: 0 where
  // they found none, or the store is not stamped.

  /// Copies the value to `out` and sets `bytes` to its size. Where the buffer is too small it only
  /// sets the size, and the call counts as neither hit nor use.
  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                 uint64_t* stamp = nullptr) {
    return stamp == nullptr ? getValue(key, out, capacity, bytes)
                            : getStamped(key, out, capacity, bytes, *stamp);
  }
  /// Does the same as get() for a value that begins with `prefix`. A value with another prefix is
  /// removed: the call is a miss, and its stamp is returned.
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, char* out,
                         uint64_t capacity, uint64_t& bytes, uint64_t* stamp = nullptr);
  /// Calls `visit` with the value in place, if the key is there, and returns kHit or kMiss. Writers
  /// wait for `visit` where they need the entry's stripe, or a large entry's bytes. It MUST NOT
  /// call the store, or it would wait for itself. It counts like get().
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit,
                  uint64_t* stamp = nullptr);
  /// Does the same as get(), but counts as neither hit, miss nor use.
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                  uint64_t* stamp = nullptr) {
    return stamp == nullptr ? peekValue(key, out, capacity, bytes)
                            : peekStamped(key, out, capacity, bytes, *stamp);
  }
  /// Whether the key is there. It counts as neither hit, miss nor use.
  bool has(std::string_view key);
  /// Returns the ms until the value expires: kNeverExpires for one without a time to live, nothing
  /// where there is no value. It counts as neither hit, miss nor use.
  std::optional<uint64_t> remainingTtl(std::string_view key, uint64_t* stamp = nullptr);
  /// Removes a value and returns whether it was there. With `onlyStamp`, it is removed only where
  /// the store is stamped and the value has this stamp. `reason` is what the removal logs note.
  bool remove(std::string_view key, RemovalReason reason = RemovalReason::kDelete,
              std::optional<uint64_t> onlyStamp = std::nullopt);
  /// Removes all entries, and gives all memory but the fixed tables back. Where removal logs are
  /// attached, it visits as many entries as they have room for.
  void clear();
  /// Visits the keys of some entries and returns the next cursor; 0 begins and ends. An entry that
  /// is there from begin to end is visited exactly once. `visit` runs under a lock of the entry and
  /// MUST NOT call the store.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// Has every removal noted in the log from now on, until the log is detached or the store ends.
  /// Entries that are destroyed with the store are not noted.
  void attach(std::shared_ptr<RemovalLog> log);
  void detach(const RemovalLog* log);
  /// Counts changes in them from now on, until they are detached, and their hits among its own.
  /// Returns false where it has too many of them already.
  bool attach(ChangeCounters& counters);
  /// Ignores counters that are not attached.
  void detach(const ChangeCounters& counters);

  /// Changes maxBytes; memory above it is back with the system on return. A size of quite another
  /// order moves all entries to slabs that suit it. Returns false when it is out of range, or when
  /// the memory for larger tables is refused: then maxBytes keeps its value.
  bool resize(uint64_t maxBytes);
  /// Counts `bytes` that others hold for the store as held by it, in place of those of the last
  /// call; evicts where they need room. Returns false, with nothing changed but evictions, where
  /// the budget has no room for them.
  bool setAside(uint64_t bytes);
  /// Changes maxEntries; 0 removes the bound. Evicts the entries above it.
  void setMaxEntries(uint64_t maxEntries);
  /// Evicts until `bytes` are back with the system, or nothing is left; returns the bytes given
  /// back.
  uint64_t shrink(uint64_t bytes);
  /// Changes the budget, between minBudget() and maxBytes, where it still is `from`.
  Shrinkage setBudget(uint64_t from, uint64_t to);
  /// Evicts until the payload is at most `bytes`, whatever the budget is, and gives back the slabs
  /// that the remaining entries do not need.
  Shrinkage trimPayload(uint64_t bytes);
  /// Removes expired entries, moves slabs to huge pages, and gives memory back that the store has
  /// not needed recently. It works for about a millisecond; the next call continues. Where `waits`
  /// is false it does not wait for other writers: it returns kBusy where there is one. After kMore
  /// the next call should come soon, after kIdle it may come later.
  MaintainResult maintain(bool waits = true);

  /// Removes all expired entries at once.
  void removeExpired();

  StoreStats stats() const;
  /// Checks that all that the store keeps about its entries and its memory agrees. Returns an empty
  /// string when it does, else a sentence on the first fault. It is for tests and debugging: it
  /// visits every entry while no other thread can use the store, and takes memory from the heap.
  std::string checkIntegrity() const;

 private:
  Store(const StoreOptions& options, StoreEnvironment environment);

  /// Whether a read counts as a hit or a miss, and as a use.
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
  /// Does what read() does for an entry whose mapping is pinned. The caller MUST NOT hold a lock of
  /// the store.
  template <Counted kCounted, typename OnHit>
  EBBCACHE_NOINLINE ReadResult readPinned(uint64_t hash, std::string_view key, Entry* entry,
                                          OnHit&& onHit);
  /// Removes an entry that a reader found expired, unless a writer is at work: then a later reader,
  /// or maintain(), removes it.
  EBBCACHE_NOINLINE void removeSeenExpired(uint64_t hash, std::string_view key);
  static auto copyTo(char* out, uint64_t capacity, uint64_t& bytes, uint64_t stampBytes);
  template <Counted kCounted>
  ReadResult copyStamped(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                         uint64_t& stamp);
  /// It is not inlined, so that reads of a store that is not stamped take no longer for it.
  template <Counted kCounted>
  EBBCACHE_NOINLINE ReadResult copyFromStamped(std::string_view key, char* out, uint64_t capacity,
                                               uint64_t& bytes);

  /// Removes the entry, if it is there and fulfils `condition`; takes mutex_ itself.
  template <typename Condition>
  bool removeIf(std::string_view key, RemovalReason reason, Condition&& condition);

  // For the following functions mutex_ MUST be held.

  /// Returns the entry of a key; removes an expired one and returns nowhere. The stripe MUST be
  /// held.
  Address find(uint64_t hash, std::string_view key);
  /// Evicts for one more key where the number of entries is bounded.
  void evictToMaxEntries(uint64_t hash, std::string_view key);
  /// Links an entry that was written, in place of the key's old one.
  void publish(Address address, uint64_t hash, std::string_view key, double cost);
  /// Links an entry of a new key. The stripe MUST be held.
  void link(Address address, uint64_t hash, const Admission& admission);
  /// Links an entry in place of the key's old one. The stripe MUST be held.
  void replace(Address old, Address address, uint64_t hash, const Admission& admission);

  /// Puts a large entry in three steps; `lock` of mutex_ MUST be held, and is released during the
  /// second.
  PutResult putLarge(std::unique_lock<std::mutex>& lock, std::string_view key,
                     std::string_view value, uint64_t hash, const EntryShape& shape,
                     const PutOptions& options);
  /// Links the large entry that was written to `mapping`. Returns false where the store has no room
  /// for it any more: then the mapping still belongs to the caller.
  bool publishLarge(void* mapping, uint64_t hash, std::string_view key, double cost);

  const ValueStamps stamps_;
  std::mutex largeMutex_;
  mutable std::mutex mutex_;
  Evictor evictor_;
  SpaceAllocator allocator_;
  ExpirySweeper sweeper_;
  MemoryReleaser releaser_;
  Resizer resizer_;
  /// It is the last member, and so is destroyed first: then the supply does not call the store any
  /// more.
  SlabUpgrader upgrader_;
};

}  // namespace ebbcache
