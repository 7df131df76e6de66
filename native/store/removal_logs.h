// The logs of all who listen to one store. There are none as a rule: then what leaves costs its
// writer a look at isEmpty(), which is in a line that the writer has at hand.
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

/// One writer at a time uses it; any thread may ask isEmpty().
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

  /// False where none of them has room for it.
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
