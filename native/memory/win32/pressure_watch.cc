#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include "memory/pressure_watch.h"

#include <windows.h>

#include "memory/timed_watch.h"
#include "memory/win32/notified_watch.h"

namespace ebbcache {

std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& /*roots*/) {
  void* const wakeEvent = ::CreateEventW(nullptr, FALSE, FALSE, nullptr);
  if (wakeEvent == nullptr) return std::make_unique<TimedWatch>();
  void* const notification = ::CreateMemoryResourceNotification(LowMemoryResourceNotification);
  try {
    return std::make_unique<NotifiedWatch>(wakeEvent, notification);
  } catch (...) {
    // The heap is exhausted, and nobody else owns the handles.
    ::CloseHandle(wakeEvent);
    if (notification != nullptr) ::CloseHandle(notification);
    throw;
  }
}

}  // namespace ebbcache
