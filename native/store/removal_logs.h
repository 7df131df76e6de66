// The removal logs of one store. Usually there are none: then each removal costs its writer one
// test of isEmpty(), in a cache line that the writer uses anyway.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "store/removal_log.h"

namespace ebbcache {

/// The store's mutex MUST be held for every call except isEmpty(), which any thread may call.
class RemovalLogs {
 public:
  bool isEmpty() const { return count_.load(std::memory_order_relaxed) == 0; }

  void add(std::shared_ptr<RemovalLog> log) {
    logs_.push_back(std::move(log));
    count_.store(logs_.size(), std::memory_order_relaxed);
  }
  void remove(const RemovalLog* log) {
    logs_.erase(std::remove_if(logs_.begin(), logs_.end(),
                               [log](const auto& each) { return each.get() == log; }),
                logs_.end());
    count_.store(logs_.size(), std::memory_order_relaxed);
  }

  /// Returns false where none of the logs has room for the removal.
  bool note(std::string_view key, RemovalReason reason) {
    bool noted = false;
    for (const auto& each : logs_) noted = each->note(key, reason) || noted;
    return noted;
  }
  void lose(uint64_t count) {
    for (const auto& each : logs_) each->lose(count);
  }

 private:
  std::vector<std::shared_ptr<RemovalLog>> logs_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace ebbcache
