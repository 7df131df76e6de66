#include "memory/pressure_watch.h"

#include <dispatch/dispatch.h>

#include "memory/timed_watch.h"

namespace ebbcache {
namespace {

/// The kernel wakes it whenever its pressure level changes.
class NotifiedWatch final : public PressureWatch {
 public:
  NotifiedWatch() {
    constexpr uintptr_t kLevels = DISPATCH_MEMORYPRESSURE_NORMAL | DISPATCH_MEMORYPRESSURE_WARN |
                                  DISPATCH_MEMORYPRESSURE_CRITICAL;
    cancelled_ = ::dispatch_semaphore_create(0);
    if (cancelled_ == nullptr) return;
    source_ = ::dispatch_source_create(DISPATCH_SOURCE_TYPE_MEMORYPRESSURE, 0, kLevels,
                                       ::dispatch_get_global_queue(QOS_CLASS_UTILITY, 0));
    if (source_ == nullptr) return;
    ::dispatch_set_context(source_, this);
    ::dispatch_source_set_event_handler_f(
        source_, [](void* watch) { static_cast<NotifiedWatch*>(watch)->timed_.wake(); });
    ::dispatch_source_set_cancel_handler_f(source_, [](void* watch) {
      ::dispatch_semaphore_signal(static_cast<NotifiedWatch*>(watch)->cancelled_);
    });
    ::dispatch_activate(source_);
  }

  /// The cancel handler is the last of the source's handlers to run, so none runs after this.
  ~NotifiedWatch() override {
    if (source_ != nullptr) {
      ::dispatch_source_cancel(source_);
      ::dispatch_semaphore_wait(cancelled_, DISPATCH_TIME_FOREVER);
      ::dispatch_release(source_);
    }
    if (cancelled_ != nullptr) ::dispatch_release(cancelled_);
  }

  NotifiedWatch(const NotifiedWatch&) = delete;
  NotifiedWatch& operator=(const NotifiedWatch&) = delete;

  Stalls wait(std::chrono::milliseconds timeout) override { return timed_.wait(timeout); }
  void wake() override { timed_.wake(); }

 private:
  TimedWatch timed_;
  dispatch_semaphore_t cancelled_ = nullptr;
  /// Null where the system refuses one: the watch hears nothing then.
  dispatch_source_t source_ = nullptr;
};

}  // namespace

std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& /*roots*/) {
  return std::make_unique<NotifiedWatch>();
}

}  // namespace ebbcache
