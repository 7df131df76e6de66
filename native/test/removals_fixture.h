// A listener to the removals of a store.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace ebbcache::test {

constexpr RemovalReason kEvict = RemovalReason::kEvict;
constexpr RemovalReason kPressure = RemovalReason::kPressure;
constexpr RemovalReason kExpire = RemovalReason::kExpire;
constexpr RemovalReason kReplace = RemovalReason::kReplace;
constexpr RemovalReason kDelete = RemovalReason::kDelete;
constexpr RemovalReason kClear = RemovalReason::kClear;

/// The keys and reasons, in order.
using Noted = std::vector<std::pair<std::string, RemovalReason>>;

inline Noted removalsIn(const RemovalBatch& batch) {
  Noted removals;
  batch.visit([&](std::string_view key, RemovalReason reason) {
    removals.emplace_back(std::string(key), reason);
  });
  return removals;
}

class RemovalListener {
 public:
  explicit RemovalListener(Store& store, size_t capacityBytes = RemovalLog::kCapacityBytes)
      : store_(store), log_(std::make_shared<RemovalLog>([this] { ++wakes; }, capacityBytes)) {
    store_.attach(log_);
  }
  ~RemovalListener() { store_.detach(log_.get()); }
  RemovalListener(const RemovalListener&) = delete;
  RemovalListener& operator=(const RemovalListener&) = delete;

  RemovalBatch take(uint64_t maxCount = UINT64_MAX) { return log_->take(maxCount); }
  /// Returns all held removals, up to the first loss.
  Noted heard() { return removalsIn(take()); }
  RemovalLog& log() { return *log_; }

  std::atomic<uint64_t> wakes{0};

 private:
  Store& store_;
  const std::shared_ptr<RemovalLog> log_;
};

}  // namespace ebbcache::test
