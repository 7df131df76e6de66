#include "pressure/governor.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "memory/timed_watch.h"
#include "pressure/look_pace.h"

namespace ebbcache {
namespace {

bool known(const MemoryBound& bound) {
  return bound.limit > 0;
}

/// Whether `more` bytes on top of what is used keep both bounds where no level begins and none
/// holds.
bool staysNormal(const MemoryUsage& usage, double belowPercent, uint64_t more) {
  const auto fits = [&](const MemoryBound& bound) {
    const double limit = static_cast<double>(bound.limit) * belowPercent / 100;
    return static_cast<double>(bound.used) + static_cast<double>(more) < limit;
  };
  return fits(usage.system) && (!usage.group || !known(*usage.group) || fits(*usage.group));
}

/// Stalls count from the normal threshold on: the watch is told some points before it.
bool isNearNormal(const MemoryUsage& usage, const Thresholds& thresholds) {
  constexpr double kPoints = 10;
  const double from = thresholds.normal - kPoints;
  return usage.system.percentUsed() >= from || (usage.group && usage.group->percentUsed() >= from);
}

EbbShare shareOf(const GovernedStore& store) {
  EbbShare share;
  share.held = store.heldBytes();
  share.budget = store.budgetBytes();
  share.max = store.maxBytes();
  share.min = store.minBytes();
  return share;
}

}  // namespace

GovernorEyes GovernorEyes::open(const MemoryRoots& roots, bool warnings) {
  std::unique_ptr<PressureWatch> watch;
  if (warnings) watch = openPressureWatch(roots);
  if (!watch) watch = std::make_unique<TimedWatch>();
  return {openMemoryReader(roots), openMemoryReader(roots), std::move(watch)};
}

Governor::Governor(GovernorOptions options, GovernorEyes eyes)
    : guard_(options.thresholds.high, std::move(eyes.growthReader)),
      watch_(std::move(eyes.watch)),
      options_(options),
      reader_(std::move(eyes.reader)),
      tracker_(options.thresholds, options.targets) {}

Governor::~Governor() {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  stopThread();
}

void Governor::add(std::shared_ptr<GovernedStore> store) {
  if (!store) return;
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::find(stores_.begin(), stores_.end(), store) != stores_.end()) return;
    stores_.push_back(std::move(store));
    shares_.reserve(stores_.size());
    sharers_.reserve(stores_.size());
  }
  startThread();
}

void Governor::remove(const GovernedStore* store) {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  // Released only after mutex_: it may be the last reference.
  std::shared_ptr<GovernedStore> removed;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(stores_.begin(), stores_.end(),
                                    [&](const auto& one) { return one.get() == store; });
    if (found == stores_.end()) return;
    removed = std::move(*found);
    stores_.erase(found);
    if (!stores_.empty()) return;
  }
  stopThread();
  const std::lock_guard<std::mutex> lock(mutex_);
  forgetLevel();
}

void Governor::configure(const GovernorOptions& options, GovernorEyes eyes) {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  stopThread();
  watch_ = std::move(eyes.watch);
  guard_.configure(options.thresholds.high, std::move(eyes.growthReader));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    options_ = options;
    reader_ = std::move(eyes.reader);
    forgetLevel();
    if (stores_.empty()) return;
  }
  startThread();
}

GovernorOptions Governor::options() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return options_;
}

uint64_t Governor::apply(const GovernedStore* store, PressureLevel level, bool payloadToo) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(stores_.begin(), stores_.end(),
                                  [&](const auto& one) { return one.get() == store; });
  if (found == stores_.end() || level == PressureLevel::kUnknown) return 0;
  GovernedStore& target = **found;
  if (level == PressureLevel::kNormal) {
    return target.ebbs() ? target.setPressureBudget(target.maxBytes()) : 0;
  }
  uint64_t released = 0;
  if (target.ebbs()) {
    shares_.assign(1, shareOf(target));
    planEbb(shares_, level, 0, options_.shares);
    if (shares_[0].planned < shares_[0].budget) {
      released = target.setPressureBudget(shares_[0].planned);
    }
    regrowAt_ = Clock::now() + options_.regrowInterval;
  }
  if (payloadToo) released += target.keepShareOfPayload(options_.shares.at(level));
  return released;
}

bool Governor::mayGrow(uint64_t bytes, Clock::time_point now) {
  return guard_.mayGrow(bytes, now);
}

GovernorStatus Governor::status() const {
  const std::lock_guard<std::mutex> lifecycle(lifecycleMutex_);
  const std::lock_guard<std::mutex> lock(mutex_);
  GovernorStatus status = status_;
  status.running = thread_.joinable();
  status.failedReads += guard_.failedReads();
  return status;
}

void Governor::tick(Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  tickLocked(now);
}

void Governor::startThread() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // No thread to be had (a pids limit, say). Stores still ask mayGrow() for every slab, and
    // failing to open a cache over this would be worse than one that shrinks late.
  }
}

void Governor::stopThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  watch_->wake();
  thread_.join();
  const std::lock_guard<std::mutex> lock(mutex_);
  stopping_ = false;
}

void Governor::run() {
  PressureWatch& watch = *watch_;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const Sleep sleep = tickLocked(Clock::now());
    lock.unlock();
    if (sleep.listening) watch.listen();
    const Stalls stalls = watch.wait(sleep.atMost);
    lock.lock();
    stalls_.note(stalls, Clock::now());
    if (stalls.system || stalls.group) status_.stalls++;
  }
}

Governor::Sleep Governor::tickLocked(Clock::time_point now) {
  // First, so that the look already sees what expired entries give back.
  bool busy = false;
  for (const auto& store : stores_) busy = store->maintain() || busy;

  MemoryUsage usage;
  Assessment assessment;
  const Stalls stalls = stalls_.at(now);
  std::string error = "There is nothing to read the machine by.";
  const bool read = reader_ && reader_->readUsage(usage, error);
  if (read) assessment = tracker_.assess(usage, stalls);
  level_.store(assessment.level, std::memory_order_relaxed);
  status_.assessment = assessment;
  status_.looks++;

  Sleep sleep{options_.interval, isNearNormal(usage, options_.thresholds)};
  if (assessment.level == PressureLevel::kUnknown) {
    status_.failedReads++;
    status_.lastFailure = read ? "The total memory of this machine was read as 0 bytes." : error;
  } else if (assessment.level > PressureLevel::kNormal) {
    if (shrink(assessment)) status_.reductions++;
    regrowAt_ = now + options_.regrowInterval;
  } else {
    if (now >= regrowAt_) {
      regrow(usage);
      regrowAt_ = now + options_.regrowInterval;
    }
    const bool quiet = !busy && !stalls.system && !stalls.group && !hasToRegrow();
    if (quiet) {
      sleep.atMost = pauseAfter(usage, options_.thresholds.elevated, options_.interval,
                                options_.longestInterval);
    }
  }
  return sleep;
}

bool Governor::shrink(const Assessment& assessment) {
  shares_.clear();
  sharers_.clear();
  for (const auto& store : stores_) {
    if (!store->ebbs()) continue;
    shares_.push_back(shareOf(*store));
    sharers_.push_back(store.get());
  }
  planEbb(shares_, assessment.level, assessment.evictionTarget, options_.shares);
  bool lowered = false;
  for (size_t i = 0; i < shares_.size(); i++) {
    if (shares_[i].planned >= shares_[i].budget) continue;
    sharers_[i]->setPressureBudget(shares_[i].planned);
    lowered = true;
  }
  return lowered;
}

void Governor::regrow(const MemoryUsage& usage) {
  const double below = leaveBelow(options_.thresholds.elevated);
  uint64_t granted = 0;
  for (const auto& store : stores_) {
    const uint64_t budget = store->budgetBytes();
    const uint64_t max = store->maxBytes();
    if (!store->ebbs() || budget >= max) continue;
    const auto share = static_cast<uint64_t>(options_.regrowStep * static_cast<double>(max));
    const uint64_t step = std::min(std::max<uint64_t>(share, 1), max - budget);
    if (!staysNormal(usage, below, granted + step)) continue;
    granted += step;
    store->setPressureBudget(budget + step);
  }
}

bool Governor::hasToRegrow() const {
  return std::any_of(stores_.begin(), stores_.end(), [](const auto& store) {
    return store->ebbs() && store->budgetBytes() < store->maxBytes();
  });
}

void Governor::forgetLevel() {
  tracker_ = LevelTracker(options_.thresholds, options_.targets);
  stalls_ = {};
  status_.assessment = {};
  level_.store(PressureLevel::kUnknown, std::memory_order_relaxed);
}

}  // namespace ebbcache
