// Plain reference caches, simple enough to be obviously correct. Entries are known by a number and
// have no bytes.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace ebbcache::test {

/// Entries from the least to the most recently used; all operations take O(1).
template <typename Entry>
class RecencyOrder {
 public:
  using Item = std::pair<uint64_t, Entry>;

  /// Makes the entry the newest one, in place of any other with this number.
  void put(uint64_t id, Entry entry) {
    remove(id);
    items_.emplace_back(id, std::move(entry));
    places_[id] = std::prev(items_.end());
  }
  /// Returns null when there is none.
  Entry* find(uint64_t id) {
    const auto place = places_.find(id);
    return place == places_.end() ? nullptr : &place->second->second;
  }
  /// Makes the entry the newest one.
  void use(uint64_t id) { items_.splice(items_.end(), items_, places_.at(id)); }
  bool remove(uint64_t id) {
    const auto place = places_.find(id);
    if (place == places_.end()) return false;
    items_.erase(place->second);
    places_.erase(place);
    return true;
  }
  Item removeOldest() {
    Item oldest = items_.front();
    remove(oldest.first);
    return oldest;
  }
  void clear() {
    items_.clear();
    places_.clear();
  }

  uint64_t size() const { return places_.size(); }
  /// The entries, the oldest first.
  const std::list<Item>& items() const { return items_; }

 private:
  std::list<Item> items_;
  std::unordered_map<uint64_t, typename std::list<Item>::iterator> places_;
};

/// S3-FIFO of entries of one size, at most `maxEntries`: then shares of bytes are shares of
/// entries. A ghost is remembered until as many bytes have come after it as the cache holds, on a
/// clock that ticks 64 times in that span.
class ReferenceS3Fifo {
 public:
  explicit ReferenceS3Fifo(uint64_t maxEntries) : maxEntries_(maxEntries) {}

  bool has(uint64_t id) const { return entries_.count(id) != 0; }
  uint64_t size() const { return entries_.size(); }

  bool get(uint64_t id) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return false;
    if (entry->second.uses < 3) ++entry->second.uses;
    return true;
  }

  void put(uint64_t id) {
    const auto old = entries_.find(id);
    if (old != entries_.end()) {
      const bool wasInMain = old->second.queue == &main_;
      remove(id);
      push(id, wasInMain ? main_ : small_);
      return;
    }
    while (size() >= maxEntries_) evict();
    push(id, takeGhost(id) ? main_ : small_);
  }

  bool remove(uint64_t id) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return false;
    entry->second.queue->erase(entry->second.place);
    entries_.erase(entry);
    return true;
  }

 private:
  using Queue = std::list<uint64_t>;
  struct Entry {
    Queue* queue;
    Queue::iterator place;
    int uses;
  };

  /// The bytes that the cache holds, on the ghosts' clock.
  static constexpr uint64_t kCacheOnClock = uint64_t{1} << 30;
  static constexpr uint64_t kGhostTicks = 64;

  void push(uint64_t id, Queue& queue) {
    queue.push_back(id);
    entries_[id] = {&queue, std::prev(queue.end()), 0};
  }

  void evict() {
    const bool smallIsOver = small_.size() * 10 > size();
    if (smallIsOver) {
      if (!evictFromSmall()) evictFromMain();
    } else {
      if (!evictFromMain()) evictFromSmall();
    }
  }

  bool evictFromSmall() {
    while (!small_.empty()) {
      const uint64_t id = small_.front();
      const bool used = entries_[id].uses > 0;
      if (!used) {
        ghostClock_ += kCacheOnClock / size();
        ghosts_[id] = ghostTick();
      }
      remove(id);
      if (!used) return true;
      push(id, main_);
    }
    return false;
  }

  bool evictFromMain() {
    while (!main_.empty()) {
      const uint64_t id = main_.front();
      Entry& entry = entries_[id];
      if (entry.uses == 0) return remove(id);
      --entry.uses;
      main_.splice(main_.end(), main_, entry.place);
    }
    return false;
  }

  uint64_t ghostTick() const { return ghostClock_ * kGhostTicks / kCacheOnClock; }

  /// Removes the ghost; returns whether it was remembered.
  bool takeGhost(uint64_t id) {
    const auto ghost = ghosts_.find(id);
    if (ghost == ghosts_.end()) return false;
    const bool remembered = ghostTick() - ghost->second < kGhostTicks;
    ghosts_.erase(ghost);
    return remembered;
  }

  uint64_t maxEntries_;
  Queue small_;
  Queue main_;
  std::unordered_map<uint64_t, Entry> entries_;
  /// The tick at which each ghost was added.
  std::unordered_map<uint64_t, uint64_t> ghosts_;
  /// The sum of all bytes that became ghosts, in shares of what the cache held at the time.
  uint64_t ghostClock_ = 0;
};

}  // namespace ebbcache::test
