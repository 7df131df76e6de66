// A watch of Windows' low-memory notification.
#pragma once

#include "memory/pressure_watch.h"

namespace ebbcache {

/// Handles are void* here, so that users of this header do not include windows.h.
class NotifiedWatch final : public PressureWatch {
 public:
  /// Owns both handles. `wakeEvent` is an auto-reset event. `notification` may be null; it is
  /// signalled as long as memory is low.
  NotifiedWatch(void* wakeEvent, void* notification)
      : wakeEvent_(wakeEvent), notification_(notification) {}
  ~NotifiedWatch() override;
  NotifiedWatch(const NotifiedWatch&) = delete;
  NotifiedWatch& operator=(const NotifiedWatch&) = delete;

  Stalls wait(std::chrono::milliseconds timeout) override;
  void wake() override;

 private:
  void* wakeEvent_;
  void* notification_;
  /// The notification ended a wait, and has been signalled at the start of each wait since.
  bool reported_ = false;
};

}  // namespace ebbcache
