// The pace at which the watch listens to the source that systemd named.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "heap_faults.h"
#include "memory_linux_descriptors.h"
#include "memory_linux_systemd_watch.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

/// Writes as fast as it can for its lifetime.
class Flood {
 public:
  explicit Flood(Descriptor to) : to_(std::move(to)) {
    ::fcntl(to_.number(), F_SETFL, O_NONBLOCK);
    thread_ = test::TestThread([this] { write(); });
  }
  ~Flood() {
    done_ = true;
    thread_.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  void write() const {
    const std::array<char, 4096> bytes{};
    while (!done_) {
      pollfd room{to_.number(), POLLOUT, 0};
      if (::poll(&room, 1, 10) != 1) continue;
      [[maybe_unused]] const ssize_t sent = ::write(to_.number(), bytes.data(), bytes.size());
    }
  }

  Descriptor to_;
  std::atomic<bool> done_{false};
  test::TestThread thread_;
};

class LinuxSystemdPace : public LinuxSystemdWatch {
 protected:
  using Clock = SystemdSource::Clock;

  Descriptor openWriter() const { return Descriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)); }
  SystemdSource openSource() const {
    SystemdSource source(SystemdRequest{path_, ""});
    EXPECT_TRUE(source.open());
    return source;
  }
  /// Calls the source with a time that is `at` after some moment.
  static bool warns(SystemdSource& source, Clock::duration at) {
    const auto now = Clock::time_point() + at;
    pollfd found{source.descriptor(now), source.events(), 0};
    EXPECT_GE(::poll(&found, 1, 0), 0);
    return source.isWarning(now, found.revents);
  }
  static bool isClosed(const SystemdSource& source) {
    return source.descriptor(Clock::time_point::max()) < 0;
  }
  /// Writes until there is no room for more.
  static void fill(const Descriptor& to) {
    ::fcntl(to.number(), F_SETFL, O_NONBLOCK);
    const std::array<char, 4096> bytes{};
    while (::write(to.number(), bytes.data(), bytes.size()) > 0) continue;
    ASSERT_EQ(errno, EAGAIN);
  }

  static constexpr Clock::duration kWindow = StallMeter::kWindow;
  static constexpr Clock::duration kTick{1};
};

TEST_F(LinuxSystemdPace, WhatComesInTheQuietTimeIsOneWarningAfterIt) {
  makeFifo();
  SystemdSource source = openSource();
  const Descriptor writer = openWriter();
  EXPECT_FALSE(warns(source, -kTick));
  send(writer, "x");
  EXPECT_TRUE(warns(source, kTick * 0));
  for (const auto at : {kTick * 0, kTick, kWindow / 2, kWindow - kTick}) {
    send(writer, "x");
    EXPECT_FALSE(warns(source, at)) << at.count();
  }
  EXPECT_TRUE(warns(source, kWindow));
  EXPECT_FALSE(warns(source, 2 * kWindow));
  send(writer, "x");
  EXPECT_TRUE(warns(source, 2 * kWindow + kTick));
}

TEST_F(LinuxSystemdPace, AsMuchAsAFifoHasRoomForIsOneWarning) {
  makeFifo();
  SystemdSource source = openSource();
  const Descriptor writer = openWriter();
  // The system refuses where the user has too many pipes: there is less room then.
  static_cast<void>(::fcntl(writer.number(), F_SETPIPE_SZ, 1 << 20));
  fill(writer);
  EXPECT_TRUE(warns(source, kTick));
  EXPECT_FALSE(warns(source, kTick + kWindow));
}

TEST_F(LinuxSystemdPace, AsMuchAsASocketHasRoomForIsOneWarning) {
  const Descriptor listener = listen();
  SystemdSource source = openSource();
  const Descriptor server = accept(listener);
  fill(server);
  EXPECT_TRUE(warns(source, kTick));
  EXPECT_FALSE(warns(source, kTick + kWindow));
}

TEST_F(LinuxSystemdPace, AWarningInTheQuietTimeIsHeardAfterIt) {
  const Descriptor listener = listen();
  SystemdSource source = openSource();
  Descriptor server = accept(listener);
  send(server, "x");
  EXPECT_TRUE(warns(source, kTick));
  send(server, "last words");
  server.close();
  EXPECT_FALSE(warns(source, kWindow));
  EXPECT_FALSE(isClosed(source));
  EXPECT_TRUE(warns(source, kWindow + kTick));
  EXPECT_TRUE(isClosed(source));
  // A new connection does not avoid the quiet time.
  ASSERT_TRUE(source.open());
  server = accept(listener);
  send(server, "x");
  EXPECT_FALSE(warns(source, 2 * kWindow));
  EXPECT_TRUE(warns(source, 2 * kWindow + kTick));
}

TEST_F(LinuxSystemdPace, AnEndInTheQuietTimeIsNoWarningButIsSeenAfterIt) {
  const Descriptor listener = listen();
  SystemdSource source = openSource();
  Descriptor server = accept(listener);
  send(server, "x");
  EXPECT_TRUE(warns(source, kTick));
  server.close();
  EXPECT_FALSE(warns(source, kWindow));
  EXPECT_FALSE(isClosed(source));
  EXPECT_FALSE(warns(source, kWindow + kTick));
  EXPECT_TRUE(isClosed(source));
}

TEST_F(LinuxSystemdPace, AFifoThatIsWrittenToWithoutEndIsOneWarning) {
  makeFifo();
  give("");
  const auto watch = open(kForever, kForever);
  const Flood flood(openWriter());
  EXPECT_TRUE(watch->wait(kForever).group);
  expectNothing(*watch);
}

TEST_F(LinuxSystemdPace, ASocketThatIsWrittenToWithoutEndIsOneWarning) {
  const Descriptor listener = listen();
  give("");
  const auto watch = open(kForever, kForever);
  const Flood flood(accept(listener));
  EXPECT_TRUE(watch->wait(kForever).group);
  expectNothing(*watch);
}

// Nothing else ends these waits.
TEST_F(LinuxSystemdPace, TheNextWarningComesWithTheEndOfTheQuietTime) {
  makeFifo();
  give("");
  const auto watch = open(kForever, milliseconds(5));
  const Flood flood(openWriter());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(watch->wait(kForever).group);
}

TEST_F(LinuxSystemdPace, TheWatchHearsAWarningOfTheQuietTime) {
  const Descriptor listener = listen();
  give("");
  const auto before = openDescriptors();
  const auto watch = open(kForever, milliseconds(5));
  Descriptor server = accept(listener);
  send(server, "x");
  EXPECT_TRUE(watch->wait(kForever).group);
  send(server, "last words");
  server.close();
  EXPECT_TRUE(watch->wait(kForever).group);
  expectNothing(*watch);
  // Only the descriptor that wakes it is open still.
  EXPECT_EQ(openDescriptors().size(), before.size() + 1);
}

}  // namespace
}  // namespace ebbcache
