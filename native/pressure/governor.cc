#include "pressure/governor.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "memory/timed_watch.h"
#include "pressure/look_pace.h"

namespace ebbcache {
namespace {

/// Stalls count from the normal threshold on: the watch is told some points before it.
bool isNearNormal(const MemoryUsage& usage, const Thresholds& thresholds) {
  constexpr double kPoints = 10;
  const double from = thresholds.normal - kPoints;
  return usage.system.percentUsed() >= from || (usage.group && usage.group->percentUsed() >= from);
}

}  // namespace

GovernorEyes GovernorEyes::open(const GovernorOptions& options, const MemoryRoots& roots) {
  std::unique_ptr<PressureWatch> watch;
  if (options.earlyWarnings) watch = openPressureWatch(roots);
  if (!watch) watch = std::make_unique<TimedWatch>();
  return {openMemoryReader(roots), openMemoryReader(roots), std::move(watch)};
}

Governor::Governor(const GovernorOptions& options, GovernorEyes eyes)
    : guard_(options.thresholds.high, std::move(eyes.growthReader)),
      reader_(std::move(eyes.reader)),
      tracker_(options.thresholds, options.targets),
      watch_(std::move(eyes.watch)),
      options_(options) {}

Governor::~Governor() {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  stopThread();
}

void Governor::add(std::shared_ptr<GovernedStore> store) {
  if (!store) return;
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  budgets_.add(std::move(store));
  startThread();
}

void Governor::remove(const GovernedStore* store) {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  // Released only after the locks: it may be the last reference.
  std::shared_ptr<GovernedStore> removed;
  {
    const std::lock_guard<std::mutex> tick(tickMutex_);
    removed = budgets_.remove(store);
  }
  if (!removed || !budgets_.empty()) return;
  stopThread();
  forgetLevel();
}

bool Governor::mayGrow(uint64_t bytes, Clock::time_point now) {
  return guard_.mayGrow(bytes, now);
}

void Governor::configure(const GovernorOptions& options, GovernorEyes eyes) {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  stopThread();
  guard_.configure(options.thresholds.high, std::move(eyes.growthReader));
  {
    const std::lock_guard<std::mutex> tick(tickMutex_);
    reader_ = std::move(eyes.reader);
    const std::lock_guard<std::mutex> lock(mutex_);
    // The old one ends with `eyes`, after the locks.
    std::swap(watch_, eyes.watch);
    options_ = options;
  }
  budgets_.regrowBy(Clock::now() + options.regrowInterval);
  forgetLevel();
  if (!budgets_.empty()) startThread();
}

GovernorOptions Governor::options() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return options_;
}

uint64_t Governor::apply(const GovernedStore* store, PressureLevel level) {
  const uint64_t released = budgets_.apply(store, level, options(), Clock::now());
  wake();
  return released;
}

uint64_t Governor::hold(const GovernedStore* store, PressureLevel level) {
  const uint64_t released = budgets_.hold(store, level, options());
  wake();
  return released;
}

GovernorStatus Governor::status() const {
  GovernorStatus status;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    status = status_;
  }
  status.running = running_.load(std::memory_order_relaxed);
  status.failedReads += guard_.failedReads();
  return status;
}

void Governor::tick(Clock::time_point now) {
  const std::lock_guard<std::mutex> tick(tickMutex_);
  tickLocked(now);
}

void Governor::wake() {
  const std::lock_guard<std::mutex> lock(mutex_);
  watch_->wake();
}

void Governor::forgetLevel() {
  const std::lock_guard<std::mutex> tick(tickMutex_);
  const std::lock_guard<std::mutex> lock(mutex_);
  tracker_ = LevelTracker(options_.thresholds, options_.targets);
  stalls_ = {};
  status_.assessment = {};
  level_.store(PressureLevel::kUnknown, std::memory_order_relaxed);
}

void Governor::startThread() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
    running_.store(true, std::memory_order_relaxed);
  } catch (const std::system_error&) {
    // No thread to be had (a pids limit, say). Stores still ask mayGrow() for every slab, and
    // failing to open a cache over this would be worse than one that shrinks late.
  }
}

void Governor::stopThread() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  wake();
  thread_.join();
  stopping_.store(false);
  running_.store(false, std::memory_order_relaxed);
}

void Governor::run() {
  using std::chrono::milliseconds;
  PressureWatch& watch = *watch_;
  const GovernorOptions options = this->options();
  auto nextTick = Clock::now();
  while (!stopping_.load()) {
    const auto now = Clock::now();
    bool listening = false;
    {
      const std::lock_guard<std::mutex> tick(tickMutex_);
      if (now >= nextTick) {
        const Sleep sleep = tickLocked(now);
        nextTick = now + sleep.atMost;
        listening = sleep.listening;
      } else if (budgets_.maintain()) {
        nextTick = std::min(nextTick, now + options.interval);
      }
    }
    if (listening) watch.listen();
    const auto until = std::min<Clock::time_point>(nextTick, now + options.upkeepInterval);
    hear(watch.wait(std::chrono::ceil<milliseconds>(until - now)));
    // Woken, or told: there is a reason to look.
    if (Clock::now() < until) nextTick = now;
  }
}

void Governor::hear(Stalls stalls) {
  if (!stalls.system && !stalls.group) return;
  const std::lock_guard<std::mutex> tick(tickMutex_);
  stalls_.note(stalls, Clock::now());
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.stalls++;
}

Governor::Sleep Governor::tickLocked(Clock::time_point now) {
  const GovernorOptions options = this->options();
  // First, so that the look already sees what expired entries give back.
  const bool busy = budgets_.maintain();
  MemoryUsage usage;
  const Assessment assessment = look(now, usage, options.earlyWarnings);
  const Stalls stalls = stalls_.at(now);
  Sleep sleep{options.interval, isNearNormal(usage, options.thresholds)};
  if (assessment.level > PressureLevel::kNormal) {
    if (budgets_.shrink(assessment, options.shares, now + options.regrowInterval)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      status_.reductions++;
    }
  } else if (assessment.level == PressureLevel::kNormal) {
    const bool regrows = budgets_.regrow(usage, options, now);
    if (!busy && !regrows && !stalls.system && !stalls.group) {
      sleep.atMost =
          pauseAfter(usage, options.thresholds.elevated, options.interval, options.longestInterval);
    }
  }
  return sleep;
}

Assessment Governor::look(Clock::time_point now, MemoryUsage& usage, bool earlyWarnings) {
  std::string error = "There is nothing to read the machine by.";
  const bool read = reader_ && reader_->readUsage(usage, error);
  if (!earlyWarnings) {
    usage.kernel = KernelWord::kNone;
    usage.groupRefaults = false;
  }
  const Stalls refaults{false, usage.groupRefaults};
  stalls_.note(refaults, now);
  Assessment assessment;
  if (read) assessment = tracker_.assess(usage, stalls_.at(now));
  level_.store(assessment.level, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.assessment = assessment;
  status_.looks++;
  if (refaults.group) status_.stalls++;
  if (assessment.level == PressureLevel::kUnknown) {
    status_.failedReads++;
    status_.lastFailure = read ? "The total memory of this machine was read as 0 bytes." : error;
  }
  return assessment;
}

}  // namespace ebbcache
