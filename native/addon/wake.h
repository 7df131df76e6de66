// How ebbcache's threads, and those of other environments, wake an environment's thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace ebbcache {

/// Wakes the environment's thread as long as it is open. Thread-safe.
class Wake {
 public:
  explicit Wake(std::function<void()> wake) : wake_(std::move(wake)) {}
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void operator()() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!closed_) wake_();
  }
  /// Once this has returned, the thread is woken no more.
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }

 private:
  const std::function<void()> wake_;
  std::mutex mutex_;
  bool closed_ = false;
};

}  // namespace ebbcache
