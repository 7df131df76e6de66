#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <gtest/gtest.h>
#include <windows.h>

#include <chrono>

#include "heap_faults.h"
#include "memory/win32/notified_watch.h"

namespace ebbcache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// An event in the place of the system's notification, which no test can signal.
class NotifiedWatchTest : public ::testing::Test {
 public:
  /// Stays signalled until it is reset, as the notification does.
  HANDLE notification = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
  NotifiedWatch watch{::CreateEventW(nullptr, FALSE, FALSE, nullptr), notification};
};

TEST_F(NotifiedWatchTest, TheNotificationEndsAWait) {
  test::TestThread system([this] { ::SetEvent(notification); });
  watch.wait(hours(1));
  system.join();
}

TEST_F(NotifiedWatchTest, WhatStaysSignalledDoesNotKeepAWakeOut) {
  ::SetEvent(notification);
  watch.wait(hours(1));
  test::TestThread other([this] { watch.wake(); });
  watch.wait(hours(1));
  other.join();
}

TEST_F(NotifiedWatchTest, ListensAgainOnceMemoryIsNotLow) {
  for (int i = 0; i < 3; ++i) {
    ::SetEvent(notification);
    watch.wait(hours(1));
    ::ResetEvent(notification);
    watch.wait(milliseconds(0));
  }
}

TEST(NotifiedWatch, SaysOnceWhatStaysSignalled) {
  // A semaphore loses one of its count whenever a wait finds it signalled. The first wait ends by
  // it; each later one tests it and then waits for the event alone.
  const HANDLE notification = ::CreateSemaphoreW(nullptr, 10, 100, nullptr);
  NotifiedWatch watch(::CreateEventW(nullptr, FALSE, FALSE, nullptr), notification);
  for (const int wait : {0, 0, 0}) watch.wait(milliseconds(wait));
  LONG left = 0;
  ASSERT_TRUE(::ReleaseSemaphore(notification, 1, &left));
  EXPECT_EQ(left, 7);
}

TEST(NotifiedWatch, DoesWithoutANotification) {
  NotifiedWatch watch(::CreateEventW(nullptr, FALSE, FALSE, nullptr), nullptr);
  watch.wait(milliseconds(1));
  watch.wake();
  watch.wait(hours(1));
}

}  // namespace
}  // namespace ebbcache::testing
