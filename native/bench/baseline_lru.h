// The textbook LRU that the store is compared with: an unordered_map and a list of strings.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace ebbcache::bench {

/// It is not thread-safe.
struct NoMutex {
  void lock() {}
  void unlock() {}
};

/// Exact LRU by count, as it is written where memory does not matter.
template <typename Mutex>
class BaselineLru {
 public:
  explicit BaselineLru(size_t maxEntries) : maxEntries_(maxEntries) {}

  void put(const std::string& key, const std::string& value) {
    const std::lock_guard<Mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at != index_.end()) {
      at->second->second = value;
      entries_.splice(entries_.begin(), entries_, at->second);
      return;
    }
    if (index_.size() == maxEntries_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, value);
    index_[key] = entries_.begin();
  }

  bool get(const std::string& key, std::string& out) {
    const std::lock_guard<Mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return false;
    entries_.splice(entries_.begin(), entries_, at->second);
    out.assign(at->second->second);
    return true;
  }

 private:
  using Entries = std::list<std::pair<std::string, std::string>>;

  size_t maxEntries_;
  Mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> index_;
};

}  // namespace ebbcache::bench
