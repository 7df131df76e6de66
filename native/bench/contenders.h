// The caches that store_bench measures side by side; each is filled once for many benchmarks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "bench/baseline_lru.h"
#include "bench/keys.h"
#include "store/store.h"

namespace ebbcache::bench {

constexpr size_t kValueBytes = 600;

enum class Room {
  /// Has room for more than all entries, and is empty at first.
  kEmpty,
  /// Has room for more than all entries, and contains them.
  kAmple,
  /// Has room for about all entries, and is full: a new entry evicts another.
  kTight,
};

template <Policy kPolicy>
class StoreContender {
 public:
  static constexpr const char* kName = kPolicy == Policy::kLru ? "lru" : "s3fifo";

  StoreContender(size_t entries, Room room) {
    constexpr uint64_t kTightBytes = kValueBytes + 90;
    constexpr uint64_t kAmpleBytes = kTightBytes + kTightBytes / 4;
    StoreOptions options;
    options.policy = kPolicy;
    options.maxBytes = entries * (room == Room::kTight ? kTightBytes : kAmpleBytes);
    StoreEnvironment environment;
    // The entries lie in huge pages by the time that they are read, as they do a second or two
    // after puts have ended in a process whose governor maintains the store.
    if (room == Room::kEmpty) environment.supply = &supply_;
    store_ = Store::open(options, environment);
  }

  void put(const std::string& key, const std::string& value) { store_->put(key, value); }

  bool get(const std::string& key, std::string& out) {
    uint64_t bytes = 0;
    return store_->get(key, out.data(), out.size(), bytes) == ReadResult::kHit;
  }

 private:
  SlabSupply supply_;
  std::unique_ptr<Store> store_;
};

template <typename Mutex>
class BaselineContender : public BaselineLru<Mutex> {
 public:
  static constexpr const char* kName = "baseline";

  BaselineContender(size_t entries, Room room)
      : BaselineLru<Mutex>(room == Room::kTight ? entries : 2 * entries) {}
};

/// A contender with its entries.
template <typename Contender>
struct Prepared {
  Prepared(size_t count, Room its) : entries(count), room(its), contender(count, its) {
    if (room == Room::kEmpty) return;
    const Keys& keys = keysFor(entries);
    const std::string value(kValueBytes, 'v');
    for (size_t i = 0; i < entries; ++i) contender.put(keys.all[i], value);
    nextKey = entries;
    if (room != Room::kTight) return;
    for (; nextKey < entries + entries / 4; ++nextKey) contender.put(keys.all[nextKey], value);
  }

  const size_t entries;
  const Room room;
  Contender contender;
  /// The first of `Keys::all` that was not put yet.
  std::atomic<size_t> nextKey{0};
};

/// A contender is filled again only for another number of entries or another room: filling a
/// million costs more than the measurement. One contender of each type is alive at a time.
template <typename Contender>
std::unique_ptr<Prepared<Contender>>& preparedSlot() {
  static std::unique_ptr<Prepared<Contender>> prepared;
  return prepared;
}

template <typename Contender>
void prepare(size_t entries, Room room) {
  auto& slot = preparedSlot<Contender>();
  const bool fits = slot != nullptr && slot->entries == entries && slot->room == room;
  if (fits && room != Room::kEmpty) return;
  slot.reset();
  slot = std::make_unique<Prepared<Contender>>(entries, room);
}

}  // namespace ebbcache::bench
