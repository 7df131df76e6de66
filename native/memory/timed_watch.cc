#include "memory/timed_watch.h"

namespace ebbcache {

Stalls TimedWatch::wait(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return woken_; });
  woken_ = false;
  return {};
}

void TimedWatch::wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

}  // namespace ebbcache
