// The puts and removals that wait for the writer, the last one of each key. Reads check it first.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "disk/ring_change.h"
#include "hash/siphash.h"

namespace ebbcache {

/// A change that waits. It never changes, as readers share it.
struct WaitingChange {
  RingChange::Kind kind = RingChange::Kind::kRemove;
  std::string key;
  std::string value;
  uint64_t version = 0;
  uint64_t writtenMs = 0;
  uint64_t ttlMs = 0;
  float cost = 0;
  /// Later changes have larger numbers.
  uint64_t number = 0;

  bool isPut() const {
    return kind == RingChange::Kind::kPut || kind == RingChange::Kind::kPutAlone;
  }
  bool hasValue() const { return kind == RingChange::Kind::kPut; }
  RingChange change() const { return {kind, key, version, value, writtenMs, ttlMs, cost}; }
};

/// Thread-safe.
class WriteQueue {
 public:
  using Change = std::shared_ptr<const WaitingChange>;

  /// Keys and values take at most `maxBytes` each.
  explicit WriteQueue(uint64_t maxBytes);

  /// Queues a change in place of the one that waits for its key, and returns how many values were
  /// dropped for lack of room. A put whose value has no room waits without it. Where the keys have
  /// no room either, all waiting changes are dropped, and the whole ring is to be cleared. The
  /// removal of a version does nothing where another put or a removal waits. Where it throws,
  /// nothing changed.
  uint64_t push(WaitingChange change);
  /// Null where nothing waits for the key.
  Change find(std::string_view key) const;
  /// All puts that have a value.
  std::vector<Change> puts() const;

  /// Takes the next changes, up to `bytes` but at least one: reads still find them until they are
  /// settled. Takes none while a clear is due, as that would remove them too. All that were taken
  /// before MUST be settled or put back.
  std::vector<Change> take(uint64_t bytes);
  /// Settles the changes that were taken, in their order. A put that was not written waits on as
  /// the removal of its key's value.
  void settle(const std::vector<bool>& isWritten);
  /// Has the changes that were taken and not settled wait again.
  void putBack();
  /// Turns all waiting puts into removals of their keys' values; returns how many values were
  /// dropped.
  uint64_t dropValues();

  /// Drops all changes, and has the ring cleared.
  void clear();
  bool isClearing() const { return clears_ != 0; }
  /// How often a clear was asked for, for cleared().
  uint64_t clears() const { return clears_.load(std::memory_order_acquire); }
  /// The ring was cleared, after `clears` clears were asked for.
  void cleared(uint64_t clears);

  uint64_t lastNumber() const;
  /// The number up to which all changes are settled.
  uint64_t settledNumber() const;
  // Sequentially consistent, as the flag is by which the writer is woken.
  uint64_t size() const { return count_; }
  uint64_t valueBytes() const { return valueBytes_.load(std::memory_order_relaxed); }

  /// Returns the first fault as a sentence, empty where there is none: each waiting change has one
  /// place in one order, by its number, and the sums are those of all changes.
  std::string checkIntegrity() const;

 private:
  /// The approximate size of a key's bookkeeping.
  static constexpr uint64_t kKeyOverhead = 128;

  struct KeyHash {
    HashSeed seed;
    size_t operator()(std::string_view key) const {
      return static_cast<size_t>(sipHash13(key, seed));
    }
  };
  using Order = std::list<Change>;
  struct Queued {
    Change change;
    /// The position in order_, or in taken_.
    Order::iterator at;
    bool isTaken = false;
  };
  using Changes = std::unordered_map<std::string_view, Queued, KeyHash>;

  // Called with mutex_ held:
  //
  // Whether the removal of a version does nothing beside the change that waits for its key.
  static bool isNeedless(const WaitingChange& removal, const WaitingChange& before);
  /// Replaces the change that waits for the key.
  void assign(Changes::iterator at, Change change);
  void dropValue(Changes::iterator at);
  /// Removes the changes that were taken and for which `isOver` is true, and has the others wait
  /// again. Those that were replaced since are only forgotten.
  template <typename IsOver>
  void finishTaken(IsOver&& isOver);
  /// Returns the number of values that were dropped.
  uint64_t dropAll();

  const uint64_t maxBytes_;
  mutable std::mutex mutex_;
  /// The keys point into the changes.
  Changes changes_;
  /// The changes that were not taken, in the order of their numbers.
  Order order_;
  /// The changes that were taken and are not settled, with those that were replaced since.
  Order taken_;
  uint64_t lastNumber_ = 0;
  uint64_t keyBytes_ = 0;
  // Changed with mutex_ held, read without.
  std::atomic<uint64_t> valueBytes_{0};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> clears_{0};
};

}  // namespace ebbcache
