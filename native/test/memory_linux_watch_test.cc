#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "heap_faults.h"
#include "memory/linux/stall_watch.h"
#include "memory_linux_descriptors.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

/// A hang guard: a wait that is not ended takes longer than any test may.
constexpr milliseconds kForever = std::chrono::hours(1);

std::string psiText(uint64_t totalMs) {
  return "some avg10=0.00 avg60=0.00 avg300=0.00 total=" + std::to_string(totalMs * 1000) +
         "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
}

/// This is a stall even if the test is stopped for a minute.
constexpr uint64_t kLongStallMs = 1'000'000;

MemoryRoots rootsOf(const LinuxMachine& machine) {
  return {machine.tree.path("proc"), machine.tree.path("cgroup")};
}

std::unique_ptr<PressureWatch> openWatch(const LinuxMachine& machine) {
  auto watch = openPressureWatch(rootsOf(machine));
  watch->listen();
  return watch;
}

TEST(LinuxWatch, EndsWithItsTimeWhereThereIsNothingToHear) {
  const LinuxMachine machine;
  const auto watch = openWatch(machine);
  for (const milliseconds timeout : {milliseconds(-5), milliseconds(0), milliseconds(3)}) {
    const Stalls stalls = watch->wait(timeout);
    EXPECT_FALSE(stalls.system || stalls.group);
  }
}

TEST(LinuxWatch, IsWokenBeforeAndWhileItWaits) {
  const auto watch = openPressureWatch();
  watch->listen();
  watch->wake();
  watch->wake();
  watch->wait(kForever);
  test::TestThread other([&] { watch->wake(); });
  watch->wait(kForever);
  other.join();
  test::TestThread late([&] {
    std::this_thread::sleep_for(milliseconds(20));
    watch->wake();
  });
  watch->wait(milliseconds::max());
  late.join();
}

TEST(LinuxWatch, WaitsOnAfterASignal) {
  struct sigaction noted {};
  struct sigaction before {};
  noted.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &noted, &before), 0);
  const auto watch = openPressureWatch();
  watch->listen();
  const pthread_t waiting = ::pthread_self();
  std::atomic<bool> woken{false};
  test::TestThread other([&] {
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(milliseconds(2));
      ::pthread_kill(waiting, SIGUSR1);
    }
    woken = true;
    watch->wake();
  });
  Stalls stalls;
  // A machine that is short of memory just now may end the wait too.
  while (!woken && !stalls.system && !stalls.group) {
    stalls = watch->wait(kForever);
    EXPECT_TRUE(woken || stalls.system || stalls.group);
  }
  other.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
}

TEST(LinuxWatch, CountsStallsWhereAFileCanOnlyBeRead) {
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", psiText(kLongStallMs));
  machine.tree.write("cgroup/memory.pressure", psiText(kLongStallMs));
  const auto watch = openWatch(machine);
  Stalls stalls = watch->wait(milliseconds(0));
  EXPECT_FALSE(stalls.system || stalls.group);
  machine.tree.write("proc/pressure/memory", psiText(2 * kLongStallMs));
  stalls = watch->wait(milliseconds(0));
  EXPECT_TRUE(stalls.system);
  EXPECT_FALSE(stalls.group);
  machine.tree.write("cgroup/memory.pressure", psiText(2 * kLongStallMs));
  stalls = watch->wait(milliseconds(0));
  EXPECT_FALSE(stalls.system);
  EXPECT_TRUE(stalls.group);
  stalls = watch->wait(milliseconds(0));
  EXPECT_FALSE(stalls.system || stalls.group);
}

TEST(LinuxWatch, HearsNothingBeforeItListens) {
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", psiText(0));
  const auto watch = openPressureWatch(rootsOf(machine));
  EXPECT_FALSE(watch->wait(milliseconds(0)).system);
  machine.tree.write("proc/pressure/memory", psiText(kLongStallMs));
  EXPECT_FALSE(watch->wait(milliseconds(0)).system);
  watch->listen();
  EXPECT_FALSE(watch->wait(milliseconds(0)).system) << "of before";
  machine.tree.write("proc/pressure/memory", psiText(2 * kLongStallMs));
  watch->listen();
  EXPECT_TRUE(watch->wait(milliseconds(0)).system);
}

TEST(LinuxWatch, PassesOverFilesThatMakeNoSense) {
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", "nonsense");
  machine.tree.write("cgroup/memory.pressure", std::string(100'000, 'x'));
  machine.tree.write("proc/self/environ", "nonsense");
  const auto watch = openWatch(machine);
  const Stalls stalls = watch->wait(milliseconds(0));
  EXPECT_FALSE(stalls.system || stalls.group);
}

TEST(LinuxWatch, FollowsTheProcessToAnotherGroup) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "4:memory:/a\n0::/a\n");
  machine.tree.write("cgroup/unified/a/memory.pressure", psiText(0));
  machine.tree.write("cgroup/unified/b/memory.pressure", psiText(0));
  const auto watch = StallWatch::open(rootsOf(machine), std::nullopt, milliseconds(1));
  ASSERT_NE(watch, nullptr);
  watch->listen();
  machine.tree.write("cgroup/unified/b/memory.pressure", psiText(kLongStallMs));
  EXPECT_FALSE(watch->wait(milliseconds(2)).group);
  machine.tree.write("proc/self/cgroup", "4:memory:/a\n0::/b\n");
  EXPECT_FALSE(watch->wait(milliseconds(2)).group);
  machine.tree.write("cgroup/unified/a/memory.pressure", psiText(kLongStallMs));
  EXPECT_FALSE(watch->wait(milliseconds(2)).group);
  machine.tree.write("cgroup/unified/b/memory.pressure", psiText(2 * kLongStallMs));
  EXPECT_TRUE(watch->wait(milliseconds(2)).group);
}

TEST(LinuxWatch, WritesIntoNoFileThatTheKernelDidNotMake) {
  const LinuxMachine machine;
  const std::string given = psiText(5);
  for (const char* const file : {"proc/pressure/memory", "cgroup/memory.pressure", "given"}) {
    machine.tree.write(file, given);
  }
  // These are "some 200000 2000000" and a NUL.
  const std::string environment = "MEMORY_PRESSURE_WATCH=" + machine.tree.path("given") +
                                  std::string(1, '\0') +
                                  "MEMORY_PRESSURE_WRITE=c29tZSAyMDAwMDAgMjAwMDAwMAA=";
  machine.tree.write("proc/self/environ", environment);
  const auto watch = openWatch(machine);
  watch->wait(milliseconds(0));
  for (const char* const file : {"proc/pressure/memory", "cgroup/memory.pressure", "given"}) {
    std::ifstream stream(machine.tree.path(file), std::ios::binary);
    const std::string now((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_EQ(now, given) << file;
  }
  // The source that systemd named cannot be used, so the group's own is.
  machine.tree.write("cgroup/memory.pressure", psiText(kLongStallMs));
  EXPECT_TRUE(watch->wait(milliseconds(0)).group);
}

TEST(LinuxWatch, ClosesItsDescriptors) {
  const LinuxMachine machine;
  machine.tree.write("proc/pressure/memory", psiText(0));
  machine.tree.write("cgroup/memory.pressure", psiText(0));
  const auto before = openDescriptors();
  for (int i = 0; i < 50; ++i) {
    const auto real = openPressureWatch();
    real->listen();
    const auto madeUp = openWatch(machine);
    real->wait(milliseconds(0));
    madeUp->wait(milliseconds(0));
    for (const int number : openDescriptors()) {
      if (before.count(number) != 0) continue;
      EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0) << number;
    }
  }
  EXPECT_EQ(openDescriptors(), before);
}

}  // namespace
}  // namespace ebbcache
