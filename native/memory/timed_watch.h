// A watch that hears nothing from the system: a wait ends with its timeout, or when it is woken.
#pragma once

#include <condition_variable>
#include <mutex>

#include "memory/pressure_watch.h"

namespace ebbcache {

class TimedWatch final : public PressureWatch {
 public:
  Stalls wait(std::chrono::milliseconds timeout) override;
  void wake() override;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace ebbcache
