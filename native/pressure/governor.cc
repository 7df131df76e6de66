#include "pressure/governor.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace ebbcache {
namespace {

/// Without an interval the thread would spin; a step outside (0, 1] would not be one.
GovernorOptions sane(GovernorOptions options) {
  options.interval = std::max(options.interval, std::chrono::milliseconds(1));
  options.regrowInterval = std::max(options.regrowInterval, std::chrono::milliseconds(0));
  options.regrowStep = std::min(std::max(options.regrowStep, 0.001), 1.0);
  return options;
}

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

}  // namespace

Governor::Governor(GovernorOptions options, const MemoryRoots& roots)
    : Governor(options, openMemoryReader(roots), openMemoryReader(roots)) {}

Governor::Governor(GovernorOptions options, std::unique_ptr<MemoryReader> tickReader,
                   std::unique_ptr<MemoryReader> growthReader)
    : options_(sane(options)),
      guard_(options.thresholds.high, std::move(growthReader)),
      reader_(std::move(tickReader)),
      tracker_(options.thresholds) {}

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
  tracker_ = LevelTracker(options_.thresholds);
  level_.store(PressureLevel::kUnknown, std::memory_order_relaxed);
}

bool Governor::mayGrow(uint64_t bytes, Clock::time_point now) {
  return guard_.mayGrow(bytes, now);
}

uint64_t Governor::failedReads() const {
  return failedTicks_.load(std::memory_order_relaxed) + guard_.failedReads();
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
  wake_.notify_all();
  thread_.join();
  const std::lock_guard<std::mutex> lock(mutex_);
  stopping_ = false;
}

void Governor::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    tickLocked(Clock::now());
    wake_.wait_for(lock, options_.interval, [this] { return stopping_; });
  }
}

void Governor::tickLocked(Clock::time_point now) {
  // First, so that the look already sees what expired entries give back.
  for (const auto& store : stores_) store->maintain();

  std::string error;
  MemoryUsage usage;
  Assessment assessment;
  if (reader_ && reader_->readUsage(usage, error)) assessment = tracker_.assess(usage);
  level_.store(assessment.level, std::memory_order_relaxed);

  if (assessment.level == PressureLevel::kUnknown) {
    failedTicks_.fetch_add(1, std::memory_order_relaxed);
  } else if (assessment.level > PressureLevel::kNormal) {
    shrink(assessment);
    regrowAt_ = now + options_.regrowInterval;
  } else if (now >= regrowAt_) {
    regrow(usage);
    regrowAt_ = now + options_.regrowInterval;
  }
}

void Governor::shrink(const Assessment& assessment) {
  shares_.clear();
  sharers_.clear();
  for (const auto& store : stores_) {
    if (!store->ebbs()) continue;
    EbbShare share;
    share.held = store->heldBytes();
    share.budget = store->budgetBytes();
    share.max = store->maxBytes();
    share.min = store->minBytes();
    shares_.push_back(share);
    sharers_.push_back(store.get());
  }
  planEbb(shares_, assessment.level, assessment.evictionTarget);
  for (size_t i = 0; i < shares_.size(); i++) {
    if (shares_[i].planned < shares_[i].budget) sharers_[i]->setPressureBudget(shares_[i].planned);
  }
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

}  // namespace ebbcache
