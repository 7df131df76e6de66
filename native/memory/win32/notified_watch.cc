#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include "memory/win32/notified_watch.h"

#include <windows.h>

#include <algorithm>
#include <array>

namespace ebbcache {
namespace {

DWORD toTimeout(std::chrono::milliseconds time) {
  // INFINITE is the largest number there is, and would be no timeout.
  constexpr std::chrono::milliseconds::rep kLongest = INFINITE - 1;
  return static_cast<DWORD>(std::clamp<std::chrono::milliseconds::rep>(time.count(), 0, kLongest));
}

}  // namespace

NotifiedWatch::~NotifiedWatch() {
  ::CloseHandle(wakeEvent_);
  if (notification_ != nullptr) ::CloseHandle(notification_);
}

Stalls NotifiedWatch::wait(std::chrono::milliseconds timeout) {
  const std::array<HANDLE, 2> handles{wakeEvent_, notification_};
  // A notification that stays signalled would end each wait at once, so it is left out until it is
  // not.
  if (reported_) reported_ = ::WaitForSingleObject(notification_, 0) == WAIT_OBJECT_0;
  const bool listens = notification_ != nullptr && !reported_;
  const DWORD ended =
      ::WaitForMultipleObjects(listens ? 2 : 1, handles.data(), FALSE, toTimeout(timeout));
  if (ended == WAIT_OBJECT_0 + 1) reported_ = true;
  return {};
}

void NotifiedWatch::wake() {
  ::SetEvent(wakeEvent_);
}

}  // namespace ebbcache
