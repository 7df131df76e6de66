#include "pressure/growth_guard.h"

#include <string>
#include <utility>

#include "pressure/poll_interval.h"

namespace ebbcache {
namespace {

/// Whether `more` bytes fit on top of the used bytes and of those `granted` since.
bool fitsIn(const MemoryBound& bound, double ceiling, uint64_t granted, uint64_t more) {
  // A limit that is not known is no bound.
  if (bound.limit == 0) return true;
  const auto allowed = static_cast<uint64_t>(static_cast<double>(bound.limit) * ceiling / 100);
  if (bound.used > allowed || granted > allowed - bound.used) return false;
  return more <= allowed - bound.used - granted;
}

}  // namespace

GrowthGuard::GrowthGuard(double ceiling, std::unique_ptr<MemoryReader> reader)
    : ceiling_(ceiling), reader_(std::move(reader)) {}

bool GrowthGuard::mayGrow(uint64_t bytes, Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::optional<bool> answer = answerAfresh(bytes, now);
  if (!answer) {
    failedReads_++;
    return lastAnswer_;
  }
  lastAnswer_ = *answer;
  if (lastAnswer_) {
    grantedSince_ += bytes;
    grantedSinceFull_ += bytes;
  }
  return lastAnswer_;
}

std::optional<bool> GrowthGuard::answerAfresh(uint64_t bytes, Clock::time_point now) noexcept {
  try {
    if (mayReuse(bytes, now)) return true;
    if (const auto answer = answerByLess(bytes, now)) return answer;
    if (readFully(now)) return fitsMachine(bytes) && fitsGroup(bytes);
  } catch (...) {
    // The heap may be exhausted, and the reading may be incomplete.
    hasReading_ = false;
  }
  return std::nullopt;
}

bool GrowthGuard::mayReuse(uint64_t bytes, Clock::time_point now) const {
  // A thread that waited for the lock may come with an older `now`.
  return hasReading_ && now - readAt_ < kReuseFor && grantedSince_ <= kReuseBytes &&
         bytes <= kReuseBytes - grantedSince_ && fitsMachine(bytes) && fitsGroup(bytes);
}

std::optional<bool> GrowthGuard::answerByLess(uint64_t bytes, Clock::time_point now) {
  if (!hasReading_ || now >= machineUntil_ || !fitsMachine(bytes)) return std::nullopt;
  std::string ignored;
  for (const auto read : {&MemoryReader::readCharged, &MemoryReader::readGroup}) {
    if (!(reader_.get()->*read)(reading_, ignored)) return std::nullopt;
    readAt_ = now;
    grantedSince_ = 0;
    if (fitsGroup(bytes)) return true;
  }
  return false;
}

bool GrowthGuard::readFully(Clock::time_point now) {
  std::string ignored;
  MemoryUsage usage;
  hasReading_ = reader_ != nullptr && reader_->readUsage(usage, ignored) && usage.system.limit > 0;
  if (!hasReading_) return false;
  MemoryUsage machine;
  machine.system = usage.system;
  machineUntil_ = now + nextPollDelay(machine, ceiling_, std::chrono::milliseconds(0), kMachineFor);
  reading_ = usage;
  readAt_ = now;
  grantedSince_ = grantedSinceFull_ = 0;
  return true;
}

void GrowthGuard::configure(double ceiling, std::unique_ptr<MemoryReader> reader) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ceiling_ = ceiling;
  reader_ = std::move(reader);
  hasReading_ = false;
  grantedSince_ = 0;
  lastAnswer_ = true;
}

uint64_t GrowthGuard::failedReads() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failedReads_;
}

bool GrowthGuard::fitsMachine(uint64_t bytes) const {
  return fitsIn(reading_.system, ceiling_, grantedSinceFull_, bytes);
}

bool GrowthGuard::fitsGroup(uint64_t bytes) const {
  return !reading_.group || fitsIn(*reading_.group, ceiling_, grantedSince_, bytes);
}

}  // namespace ebbcache
