#include "pressure/growth_guard.h"

#include <limits>
#include <string>
#include <utility>

#include "pressure/look_pace.h"

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
  if (hasReading_ && grantCheaply(bytes, now)) {
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
  MemoryUsage machine;
  machine.system = usage.system;
  machineUntil_ = now + pauseAfter(machine, ceiling_, std::chrono::milliseconds(0), kMachineFor);
  grantedSince_ = grantedSinceFull_ = 0;
  lastAnswer_ = fits(bytes);
  if (lastAnswer_) grantedSince_ = grantedSinceFull_ = bytes;
  return lastAnswer_;
}

bool GrowthGuard::grantCheaply(uint64_t bytes, Clock::time_point now) {
  // A thread that took its time before it took the lock may come with an older `now`.
  const bool isYoung = now - readAt_ < kReuseFor;
  const bool mayReuse = isYoung && grantedSince_ <= kReuseBytes &&
                        bytes <= kReuseBytes - grantedSince_ && fits(bytes);
  if (!mayReuse) {
    std::string error;
    if (now >= machineUntil_ || !reader_->readCharged(reading_, error)) return false;
    readAt_ = now;
    grantedSince_ = 0;
    if (!fits(bytes)) return false;
  }
  grantedSince_ += bytes;
  grantedSinceFull_ += bytes;
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

bool GrowthGuard::fits(uint64_t bytes) const {
  const auto fitsOn = [&](const MemoryBound& bound, uint64_t granted) {
    return bytes <= std::numeric_limits<uint64_t>::max() - granted &&
           fitsIn(bound, ceiling_, granted + bytes);
  };
  return fitsOn(reading_.system, grantedSinceFull_) &&
         (!reading_.group || fitsOn(*reading_.group, grantedSince_));
}

}  // namespace ebbcache
