// Puts and removals that wait for the writer, the last one of each key. Reads look here first.
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
#include "store/siphash.h"

namespace ebbcache {

/// Never changes once it waits: readers hold it.
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

  /// Keys and values are at most so many bytes, each.
  explicit WriteQueue(uint64_t maxBytes);

  /// Takes the place of what waits for the key, and returns how many values were dropped for lack
  /// of room. A put whose value there is no room for waits without. Where there is no room for the
  /// keys either, nothing waits any more, and the whole ring is to be cleared. The removal of a
  /// version does nothing where another put or a removal waits. Where it throws, nothing changed.
  uint64_t push(WaitingChange change);
  /// Null where nothing waits for the key.
  Change find(std::string_view key) const;
  /// All puts that have a value.
  std::vector<Change> puts() const;

  /// The next changes, of so many bytes or one: they stay to be found until they are settled. None
  /// while a clear is due, as it would remove them too. With none taken.
  std::vector<Change> take(uint64_t bytes);
  /// Written, or not, in the order in which they were taken: then the removal of what the key had
  /// waits on.
  void settle(const std::vector<bool>& isWritten);
  /// What was taken and is not settled waits again.
  void putBack();
  /// What waits is to be nothing but the removal of what the keys had; returns how many values
  /// went.
  uint64_t dropValues();

  /// Forgets what waits, and has the ring cleared.
  void clear();
  bool isClearing() const { return clears_ != 0; }
  /// How often it was asked for, for `cleared`.
  uint64_t clears() const { return clears_.load(std::memory_order_acquire); }
  /// The ring was cleared, as was asked so often.
  void cleared(uint64_t clears);

  uint64_t lastNumber() const;
  /// Changes up to this one are settled.
  uint64_t settledNumber() const;
  // In one order with what tells the writer to wait or to wake.
  uint64_t size() const { return count_; }
  uint64_t valueBytes() const { return valueBytes_.load(std::memory_order_relaxed); }

 private:
  /// What the key of a change takes beside its bytes, about.
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
    /// In order_, or in taken_.
    Order::iterator at;
    bool isTaken = false;
  };
  using Changes = std::unordered_map<std::string_view, Queued, KeyHash>;

  // With mutex_ held:
  /// Whether the removal of a version does nothing, as of what waits for its key.
  static bool isNeedless(const WaitingChange& removal, const WaitingChange& before);
  /// Has the key's place hold this change.
  void assign(Changes::iterator at, Change change);
  void dropValue(Changes::iterator at);
  /// Whoever of the taken ones is still what its key waits for goes where `isOver` is true of it,
  /// and waits again else.
  template <typename IsOver>
  void finishTaken(IsOver&& isOver);
  /// Returns how many values that were.
  uint64_t forgetAll();

  const uint64_t maxBytes_;
  mutable std::mutex mutex_;
  /// Its keys are those in the changes.
  Changes changes_;
  /// Those that were not taken, in order of their numbers.
  Order order_;
  /// Those that were taken and are not settled, with those among them that were replaced since.
  Order taken_;
  uint64_t lastNumber_ = 0;
  uint64_t keyBytes_ = 0;
  // Changed with mutex_ held, read without.
  std::atomic<uint64_t> valueBytes_{0};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> clears_{0};
};

}  // namespace ebbcache
