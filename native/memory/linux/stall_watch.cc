#include "memory/linux/stall_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <thread>
#include <utility>

#include "memory/linux/cgroup_discovery.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

/// Keeps sums of times within their range. A wait may return early.
constexpr milliseconds kLongestWait = std::chrono::hours(1);

/// No exception passes this. Where the heap is exhausted, sources that `step` did not find are
/// tried again like all missing sources.
template <typename Step>
void whereThereIsHeap(const Step& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

std::unique_ptr<StallWatch> StallWatch::open(const MemoryRoots& roots,
                                             std::optional<SystemdRequest> request,
                                             milliseconds rediscoverInterval,
                                             Clock::duration quietTime) {
  Descriptor wakeUp(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeUp.isOpen()) return nullptr;
  std::optional<SystemdSource> systemd;
  if (request) systemd.emplace(*std::move(request), quietTime);
  return std::unique_ptr<StallWatch>(
      new StallWatch(roots, std::move(systemd), rediscoverInterval, std::move(wakeUp)));
}

StallWatch::StallWatch(const MemoryRoots& roots, std::optional<SystemdSource> systemd,
                       milliseconds rediscoverInterval, Descriptor wakeUp)
    : roots_(roots),
      rediscoverInterval_(rediscoverInterval),
      wakeUp_(std::move(wakeUp)),
      system_(roots.proc + "/pressure/memory"),
      systemd_(std::move(systemd)) {}

void StallWatch::listen() {
  if (std::exchange(listening_, true)) return;
  discover(Clock::now());
  // Counts matter only as far as they grow from now on.
  Stalls before;
  readStalls(before);
}

Stalls StallWatch::wait(milliseconds timeout) {
  const auto deadline = Clock::now() + std::clamp(timeout, milliseconds(0), kLongestWait);
  Stalls stalls;
  bool isOver = false;
  while (!isOver) {
    const auto now = Clock::now();
    if (listening_ && now >= nextDiscovery_) discover(now);
    const bool woken = poll(now, nextChange(now, deadline), stalls);
    isOver = woken || stalls.system || stalls.group || Clock::now() >= deadline;
  }
  if (listening_) readStalls(stalls);
  return stalls;
}

void StallWatch::wake() {
  const uint64_t one = 1;
  // The write fails only when the count is full, and then the watch is woken anyway.
  [[maybe_unused]] const ssize_t written = ::write(wakeUp_.number(), &one, sizeof one);
}

void StallWatch::discover(Clock::time_point now) {
  nextDiscovery_ = now + rediscoverInterval_;
  whereThereIsHeap([this] { findSources(); });
}

void StallWatch::findSources() {
  system_.arm();
  if (systemd_ && systemd_->open()) {
    group_.reset();
    return;
  }
  CgroupPlaces places;
  std::string ignored;
  if (!discoverCgroup(roots_, places, ignored)) return;
  if (places.pressureFile.empty()) {
    group_.reset();
    return;
  }
  if (!group_ || group_->path() != places.pressureFile) group_.emplace(places.pressureFile);
  group_->arm();
}

/// Returns until when the sources stay as they are, at most `deadline`.
StallWatch::Clock::time_point StallWatch::nextChange(Clock::time_point now,
                                                     Clock::time_point deadline) const {
  if (!listening_) return deadline;
  auto next = std::min(deadline, nextDiscovery_);
  if (systemd_ && systemd_->quietUntil() > now) next = std::min(next, systemd_->quietUntil());
  return next;
}

/// Returns true where the watch was woken.
bool StallWatch::poll(Clock::time_point now, Clock::time_point until, Stalls& stalls) {
  std::array<pollfd, 4> sources{{
      {wakeUp_.number(), POLLIN, 0},
      {system_.descriptor(), POLLPRI, 0},
      {group_ ? group_->descriptor() : -1, POLLPRI, 0},
      {systemd_ ? systemd_->descriptor(now) : -1, systemd_ ? systemd_->events() : short{0}, 0},
  }};
  const auto rounded = std::max(std::chrono::ceil<milliseconds>(until - now), milliseconds(0));
  const int count = ::poll(sources.data(), sources.size(), static_cast<int>(rounded.count()));
  if (count < 0) {
    // Any other error must not make the caller's loop spin.
    if (errno != EINTR) std::this_thread::sleep_for(std::min(rounded, milliseconds(100)));
    return false;
  }
  if (system_.isStall(sources[1].revents)) stalls.system = true;
  if (group_ && group_->isStall(sources[2].revents)) stalls.group = true;
  if (systemd_ && systemd_->isWarning(Clock::now(), sources[3].revents)) stalls.group = true;
  if (sources[0].revents == 0) return false;
  uint64_t times = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wakeUp_.number(), &times, sizeof times);
  return true;
}

void StallWatch::readStalls(Stalls& stalls) {
  whereThereIsHeap([&] {
    const auto now = Clock::now();
    if (system_.readStall(now, buffer_)) stalls.system = true;
    if (group_ && group_->readStall(now, buffer_)) stalls.group = true;
  });
}

}  // namespace ebbcache
