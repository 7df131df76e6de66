#include "pressure/governor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "memory/timed_watch.h"
#include "pressure/poll_interval.h"

namespace ebbcache {
namespace {

/// Stalls count from the normal threshold on: the watch listens from some points below it.
bool isNearNormal(const MemoryUsage& usage, const Thresholds& thresholds) {
  constexpr double kPoints = 10;
  const double from = thresholds.normal - kPoints;
  return usage.system.percentUsed() >= from || (usage.group && usage.group->percentUsed() >= from);
}

/// Sentences about failures are cut to this length, which is reserved from the start.
constexpr size_t kLongestFailure = 511;

}  // namespace

GovernorInputs GovernorInputs::open(const GovernorOptions& options, const MemoryRoots& roots) {
  std::unique_ptr<PressureWatch> watch;
  if (options.earlyWarnings) watch = openPressureWatch(roots);
  if (!watch) watch = std::make_unique<TimedWatch>();
  return {openMemoryReader(roots), openMemoryReader(roots), std::move(watch)};
}

Governor::Governor(const GovernorOptions& options, GovernorInputs inputs)
    : guard_(options.thresholds.high, std::move(inputs.growthReader)),
      reader_(std::move(inputs.reader)),
      tracker_(options.thresholds, options.targets),
      watch_(std::move(inputs.watch)),
      options_(options) {
  status_.lastFailure.reserve(kLongestFailure);
}

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
  // `removed` is destroyed last, after the locks: that waits for what the store was ordered, and it
  // may be the last reference.
  std::shared_ptr<StoreBudgets::Governed> removed;
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  {
    const std::lock_guard<std::mutex> tick(tickMutex_);
    removed = budgets_.remove(store);
  }
  if (!removed || !budgets_.empty()) return;
  stopThread();
  resetLevel();
}

bool Governor::mayGrow(uint64_t bytes, Clock::time_point now) {
  return guard_.mayGrow(bytes, now);
}

void Governor::configure(const GovernorOptions& options, GovernorInputs inputs) {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  stopThread();
  guard_.configure(options.thresholds.high, std::move(inputs.growthReader));
  {
    const std::lock_guard<std::mutex> tick(tickMutex_);
    reader_ = std::move(inputs.reader);
    const std::lock_guard<std::mutex> lock(mutex_);
    // The old watch is destroyed with `inputs`, after the locks.
    std::swap(watch_, inputs.watch);
    options_ = options;
  }
  budgets_.regrowBy(Clock::now() + options.regrowInterval);
  resetLevel();
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

void Governor::resized(const GovernedStore* store) {
  budgets_.resized(store, options());
  wake();
}

GovernorStatus Governor::status() const {
  GovernorStatus status;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    status = status_;
  }
  status.running = running_.load(std::memory_order_relaxed);
  const uint64_t failures = budgets_.failures();
  status.failedReads += guard_.failedReads() + failures;
  if (failures > 0 && status.lastFailure.empty()) {
    status.lastFailure =
        "A store could not do what the governor asked of it: an exception ended it.";
  }
  return status;
}

void Governor::tick(Clock::time_point now) {
  {
    const std::lock_guard<std::mutex> tick(tickMutex_);
    bool found = false;
    attempt([&] { found = budgets_.maintain(UpkeepScope::kAll).found; });
    sampleLocked(now, found);
  }
  budgets_.waitForOrders();
}

void Governor::wake() {
  const std::lock_guard<std::mutex> lock(mutex_);
  watch_->wake();
}

void Governor::resetLevel() {
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
    // The system refused a thread (a pids limit, say). Stores still ask mayGrow() for every slab,
    // and to refuse to open a cache for this would be worse than one that shrinks late.
  } catch (const std::bad_alloc&) {
    // The heap is exhausted: the same holds.
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
  const GovernorOptions options = this->options();
  UpkeepPace pace(options.upkeepInterval, options.interval);
  auto nextSample = Clock::now();
  bool found = false;
  while (!stopping_.load()) {
    const auto now = Clock::now();
    bool listening = false;
    {
      const std::lock_guard<std::mutex> tick(tickMutex_);
      const bool isSampleDue = now >= nextSample;
      // Upkeep comes first, so that the sample already sees what expired entries give back.
      found = upkeepLocked(pace, now, isSampleDue) || found;
      if (isSampleDue) {
        const Sleep sleep = sampleLocked(now, found);
        nextSample = now + sleep.timeout;
        listening = sleep.listening;
        found = false;
      } else if (found) {
        nextSample = std::min(nextSample, now + options.interval);
      }
    }
    if (sleepUntil(std::min(nextSample, pace.next().value_or(nextSample)), listening))
      nextSample = now;
  }
}

bool Governor::sleepUntil(Clock::time_point until, bool listening) {
  using std::chrono::milliseconds;
  const auto began = Clock::now();
  const auto timeout = std::max(std::chrono::ceil<milliseconds>(until - began), milliseconds(1));
  const bool slept = attempt([&] {
    if (listening) watch_->listen();
    hear(watch_->wait(timeout));
  });
  if (slept) return Clock::now() - began < timeout;
  // A step that failed may fail at once again.
  std::this_thread::sleep_for(std::min(timeout, milliseconds(100)));
  return false;
}

void Governor::hear(Stalls stalls) {
  if (!stalls.system && !stalls.group) return;
  const std::lock_guard<std::mutex> tick(tickMutex_);
  stalls_.note(stalls, Clock::now());
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.stalls++;
}

bool Governor::upkeepLocked(UpkeepPace& pace, Clock::time_point now, bool isSampleDue) {
  const UpkeepScope scope = pace.at(now, isSampleDue);
  if (scope == UpkeepScope::kNone) return false;
  UpkeepRound round;
  attempt([&] { round = budgets_.maintain(scope, UpkeepPace::kLongestRound); });
  pace.note(round, scope, now, Clock::now());
  return round.found;
}

Governor::Sleep Governor::sampleLocked(Clock::time_point now, bool found) {
  const GovernorOptions options = this->options();
  MemoryUsage usage;
  const Assessment assessment = sample(now, usage, options.earlyWarnings);
  const Stalls stalls = stalls_.at(now);
  Sleep sleep{options.interval, isNearNormal(usage, options.thresholds)};
  attempt([&] {
    if (assessment.level > PressureLevel::kNormal) {
      if (budgets_.shrink(assessment, options.shares, now + options.regrowInterval)) {
        const std::lock_guard<std::mutex> lock(mutex_);
        status_.reductions++;
      }
    } else if (assessment.level == PressureLevel::kNormal) {
      const bool regrows = budgets_.regrow(usage, options, now);
      if (!found && !regrows && !stalls.system && !stalls.group) {
        sleep.timeout = nextPollDelay(usage, options.thresholds.elevated, options.interval,
                                      options.longestInterval);
      }
    }
  });
  return sleep;
}

Assessment Governor::sample(Clock::time_point now, MemoryUsage& usage, bool earlyWarnings) {
  std::string error;
  bool read = false;
  const char* whyNot = "There is nothing to read the machine by.";
  try {
    read = reader_ && reader_->readUsage(usage, error);
  } catch (...) {
    // The heap may be exhausted, and `usage` may be incomplete.
    whyNot = "The machine could not be read because an exception ended it. Free memory.";
    error.clear();
    usage = {};
  }
  if (!earlyWarnings) {
    usage.kernel = OsPressureHint::kNone;
    usage.groupRefaults = false;
  }
  const Stalls refaults{false, usage.groupRefaults};
  stalls_.note(refaults, now);
  Assessment assessment;
  if (read) assessment = tracker_.assess(usage, stalls_.at(now));
  level_.store(assessment.level, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.assessment = assessment;
  status_.samples++;
  if (refaults.group) status_.stalls++;
  if (assessment.level == PressureLevel::kUnknown) {
    status_.failedReads++;
    if (read) {
      setLastFailure("The total memory of this machine was read as 0 bytes.");
    } else {
      setLastFailure(error.empty() ? std::string_view(whyNot) : error);
    }
  }
  return assessment;
}

template <typename Step>
bool Governor::attempt(Step&& step) noexcept {
  try {
    std::forward<Step>(step)();
    return true;
  } catch (const std::exception& exception) {
    noteFailure(exception.what());
  } catch (...) {
    noteFailure("an unknown exception");
  }
  return false;
}

void Governor::noteFailure(const char* what) noexcept {
  std::array<char, kLongestFailure + 1> sentence{};
  (void)std::snprintf(sentence.data(), sentence.size(),
                      "The governor failed in what it was doing (%s) and will try again.", what);
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.failedReads++;
  setLastFailure(sentence.data());
}

void Governor::setLastFailure(std::string_view sentence) noexcept {
  std::string& last = status_.lastFailure;
  // Within its capacity a string allocates nothing.
  last.assign(sentence.data(), std::min(sentence.size(), last.capacity()));
}

}  // namespace ebbcache
