// A store in which calls wait until the test lets them go on, as behind a reader that does not end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "pressure_fakes.h"

namespace ebbcache::testing {

/// Calls that pass it wait until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++reached_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Returns once a call has reached it.
  void waitForCall() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return reached_ > 0; });
  }
  uint64_t reached() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reached_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t reached_ = 0;
  bool open_ = false;
};

/// Each call that may wait does so at its gate; the numbers do not.
class StuckStore final : public FakeStore {
 public:
  using FakeStore::FakeStore;

  Reduction setBudget(uint64_t from, uint64_t to) override {
    gate.pass();
    return FakeStore::setBudget(from, to);
  }
  Upkeep maintain(Waiting waiting) override {
    if (waiting == Waiting::kNo) return upkeep;
    gate.pass();
    upkeep = Upkeep::kIdle;
    return FakeStore::maintain(waiting);
  }

  Gate gate;
};

}  // namespace ebbcache::testing
