#include "pressure/growth_guard.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ebbcache {
namespace {

bool fitsIn(const MemoryBound& bound, double ceiling, uint64_t more) {
  // Not known, hence not a bound.
  if (bound.limit == 0) return true;
  const auto allowed = static_cast<uint64_t>(static_cast<double>(bound.limit) * ceiling / 100);
  return bound.used <= allowed && more <= allowed - bound.used;
}

}  // namespace

GrowthGuard::GrowthGuard(double ceiling, std::unique_ptr<MemoryReader> reader)
    : ceiling_(ceiling), reader_(std::move(reader)) {}

bool GrowthGuard::mayGrow(uint64_t bytes, Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A thread that took its time before it took the lock may come with an older `now`.
  const bool young = hasReading_ && now - readAt_ < kReuseFor;
  if (young && bytes <= kReuseBytes - grantedSince_ && fits(grantedSince_ + bytes)) {
    grantedSince_ += bytes;
    lastAnswer_ = true;
    return true;
  }

  std::string error;
  MemoryUsage usage;
  hasReading_ = reader_ != nullptr && reader_->readUsage(usage, error) && usage.system.limit > 0;
  if (!hasReading_) {
    failedReads_++;
    return lastAnswer_;
  }
  reading_ = usage;
  readAt_ = now;
  lastAnswer_ = fits(bytes);
  // A grant larger than the allowance uses it up: the next one reads again.
  grantedSince_ = lastAnswer_ ? std::min(bytes, kReuseBytes) : 0;
  return lastAnswer_;
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

bool GrowthGuard::fits(uint64_t more) const {
  return fitsIn(reading_.system, ceiling_, more) &&
         (!reading_.group || fitsIn(*reading_.group, ceiling_, more));
}

}  // namespace ebbcache
