// A made-up machine on which systemd named a source to watch.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "files/posix/descriptor.h"
#include "memory/linux/stall_watch.h"
#include "memory_linux_machine.h"

namespace ebbcache {

/// A hang guard: a wait that is not ended takes longer than any test may.
constexpr std::chrono::milliseconds kForever = std::chrono::hours(1);

class LinuxSystemdWatch : public ::testing::Test {
 protected:
  void give(const std::string& variables) const {
    machine_.tree.write("proc/self/environ",
                        "MEMORY_PRESSURE_WATCH=" + path_ + std::string(1, '\0') + variables);
  }
  void makeFifo() const { ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0); }
  MemoryRoots roots() const { return {machine_.tree.path("proc"), machine_.tree.path("cgroup")}; }
  std::unique_ptr<PressureWatch> open() const {
    auto watch = openPressureWatch(roots());
    watch->listen();
    return watch;
  }
  std::unique_ptr<StallWatch> open(std::chrono::milliseconds rediscoverInterval,
                                   std::chrono::milliseconds quietTime) const {
    auto watch = StallWatch::open(roots(), readSystemdRequest(machine_.tree.path("proc")),
                                  rediscoverInterval, quietTime);
    watch->listen();
    return watch;
  }
  /// A watch that tries again, and listens again after a warning, at each wait of 2 ms.
  std::unique_ptr<StallWatch> openRestless() const {
    return open(std::chrono::milliseconds(1), std::chrono::milliseconds(1));
  }
  Descriptor listen() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_LT(path_.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.number(), 5), 0);
    return listener;
  }
  static Descriptor accept(const Descriptor& listener) {
    return Descriptor(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  static void send(const Descriptor& to, std::string_view bytes) {
    ASSERT_EQ(::write(to.number(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  static void expectNothing(PressureWatch& watch) {
    for (int i = 0; i < 3; ++i) {
      const Stalls stalls = watch.wait(std::chrono::milliseconds(2));
      EXPECT_FALSE(stalls.system || stalls.group);
    }
  }

  LinuxMachine machine_;
  std::string path_ = machine_.tree.path("given");
};

}  // namespace ebbcache
