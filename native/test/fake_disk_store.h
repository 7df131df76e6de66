// Values on disk without a disk: puts are there at once. Tests tell it which puts to refuse, and
// act as other processes.
#pragma once

#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "disk/disk_store.h"
#include "store_fixture.h"

namespace ebbcache::test {

class FakeDiskStore final : public DiskStore {
 public:
  // ---------------------------------------------------------------- by tests

  bool takesNone = false;
  /// Called once, within a read, after the read has found its result.
  std::function<void()> duringRead;
  uint64_t currencyChecks = 0;
  std::atomic<uint64_t> countedReads{0};
  std::atomic<uint64_t> puts{0};

  void putByOther(std::string_view key, std::string_view value) { write(key, value, {}, true); }
  void removeByOther(std::string_view key) { (void)remove(key); }
  DiskPutOptions optionsOf(std::string_view key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return find(key)->options;
  }

  // ---------------------------------------------------------------- by stores

  DiskPut put(std::string_view key, std::string_view value,
              const DiskPutOptions& options) override {
    ++puts;
    const bool takes = !takesNone && key.size() + value.size() <= kMaxPayloadBytes;
    return {write(key, value, options, takes), takes};
  }
  DiskResult read(std::string_view key, DiskFound& found) override {
    ++countedReads;
    const DiskResult result = peek(key, found);
    if (duringRead) std::exchange(duringRead, nullptr)();
    return result;
  }
  DiskResult peek(std::string_view key, DiskFound& found) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Entry* const entry = find(key);
    if (entry == nullptr || entry->isAlone) return DiskResult::kMiss;
    found.bytes = entry->value.size();
    found.version = entry->version;
    found.cost = entry->options.cost;
    found.remainingMs = entry->options.ttlMs == 0 ? 0 : entry->expiry - fakeNow();
    if (found.bytes > found.capacity) {
      found.large = entry->value;
    } else if (found.bytes > 0) {
      std::memcpy(found.out, entry->value.data(), found.bytes);
    }
    return DiskResult::kHit;
  }
  bool has(std::string_view key) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Entry* const entry = find(key);
    return entry != nullptr && !entry->isAlone;
  }
  bool isCurrent(std::string_view key, uint64_t version) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++currencyChecks;
    const Entry* const entry = find(key);
    return entry != nullptr && entry->version == version;
  }
  bool remove(std::string_view key) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Entry* const entry = find(key);
    const bool wasThere = entry != nullptr && !entry->isAlone;
    entries_.erase(std::string(key));
    return wasThere;
  }
  void removeVersion(std::string_view key, uint64_t version) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Entry* const entry = find(key);
    if (entry != nullptr && entry->version == version) entries_.erase(std::string(key));
  }
  void clear() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.clear();
  }
  /// Each call visits one key.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cursor >= entries_.size()) return 0;
    visit(std::next(entries_.begin(), static_cast<std::ptrdiff_t>(cursor))->first);
    return cursor + 1 < entries_.size() ? cursor + 1 : 0;
  }

 private:
  struct Entry {
    std::string value;
    uint64_t version;
    DiskPutOptions options;
    uint64_t expiry;
    /// The value is only in the memory of the caller.
    bool isAlone;
  };

  Entry* find(std::string_view key) {
    const auto found = entries_.find(std::string(key));
    if (found == entries_.end()) return nullptr;
    const bool expires = found->second.options.ttlMs != 0;
    return expires && found->second.expiry <= fakeNow() ? nullptr : &found->second;
  }
  uint64_t write(std::string_view key, std::string_view value, const DiskPutOptions& options,
                 bool takes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t expiry = fakeNow() + options.ttlMs;
    entries_[std::string(key)] = {std::string(value), ++lastVersion_, options, expiry, !takes};
    return lastVersion_;
  }

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  uint64_t lastVersion_ = 0;
};

}  // namespace ebbcache::test
