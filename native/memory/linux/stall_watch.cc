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

/// Keeps sums of times in their range. To return early is allowed.
constexpr milliseconds kLongestWait = std::chrono::hours(1);

/// No exception passes this. Where the heap is exhausted, what `look` did not find is looked for
/// again like any source that cannot be had.
template <typename Look>
void whereThereIsHeap(const Look& look) {
  try {
    look();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

std::unique_ptr<StallWatch> StallWatch::open(const MemoryRoots& roots,
                                             std::optional<SystemdRequest> request,
                                             milliseconds lookAgainAfter,
                                             Clock::duration quietTime) {
  Descriptor wakeUp(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeUp.isOpen()) return nullptr;
  std::optional<SystemdSource> systemd;
  if (request) systemd.emplace(*std::move(request), quietTime);
  return std::unique_ptr<StallWatch>(
      new StallWatch(roots, std::move(systemd), lookAgainAfter, std::move(wakeUp)));
}

StallWatch::StallWatch(const MemoryRoots& roots, std::optional<SystemdSource> systemd,
                       milliseconds lookAgainAfter, Descriptor wakeUp)
    : roots_(roots),
      lookAgainAfter_(lookAgainAfter),
      wakeUp_(std::move(wakeUp)),
      system_(roots.proc + "/pressure/memory"),
      systemd_(std::move(systemd)) {}

void StallWatch::listen() {
  if (std::exchange(listening_, true)) return;
  look(Clock::now());
  // Where there are only counts, what they show from now on counts.
  Stalls before;
  readStalls(before);
}

Stalls StallWatch::wait(milliseconds atMost) {
  const auto deadline = Clock::now() + std::clamp(atMost, milliseconds(0), kLongestWait);
  Stalls stalls;
  bool isOver = false;
  while (!isOver) {
    const auto now = Clock::now();
    if (listening_ && now >= nextLook_) look(now);
    const bool woken = poll(now, nextChange(now, deadline), stalls);
    isOver = woken || stalls.system || stalls.group || Clock::now() >= deadline;
  }
  if (listening_) readStalls(stalls);
  return stalls;
}

void StallWatch::wake() {
  const uint64_t one = 1;
  // Fails only when the count is full, and then the watch is woken anyway.
  [[maybe_unused]] const ssize_t written = ::write(wakeUp_.number(), &one, sizeof one);
}

void StallWatch::look(Clock::time_point now) {
  nextLook_ = now + lookAgainAfter_;
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

/// Until when the sources stay as they are, at most until `deadline`.
StallWatch::Clock::time_point StallWatch::nextChange(Clock::time_point now,
                                                     Clock::time_point deadline) const {
  if (!listening_) return deadline;
  auto next = std::min(deadline, nextLook_);
  if (systemd_ && systemd_->quietUntil() > now) next = std::min(next, systemd_->quietUntil());
  return next;
}

/// True when it was woken.
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
    // The loop around must not turn at full speed, whatever it is.
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
