#include "codec/sample_collector.h"

#include <algorithm>
#include <utility>

namespace ebbcache {

bool SampleCollector::offer(std::string_view value, uint64_t storedBytes) {
  const State state = state_.load(std::memory_order_relaxed);
  if (state == State::kTraining || state == State::kStopped || value.empty()) return false;
  // A value that another thread offers meanwhile is as good.
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  if (state_ == State::kWatching) watch(value.size(), storedBytes);
  return state_ == State::kCollecting && collect(value);
}

bool SampleCollector::collect(std::string_view value) {
  const Round& round = kRounds[std::min(round_, kRounds.size() - 1)];
  if (value.size() > kMaxSampleBytes || offered_++ % round.oneIn != 0) return false;
  samples_.emplace_back(value);
  sampleBytes_ += value.size();
  const bool isEnough = samples_.size() >= round.minSamples && sampleBytes_ >= round.minBytes;
  if (!isEnough && sampleBytes_ < round.maxBytes) return false;
  state_ = State::kTraining;
  return true;
}

void SampleCollector::watch(uint64_t bytes, uint64_t storedBytes) {
  windowBytes_ += bytes;
  windowStoredBytes_ += storedBytes;
  if (++windowValues_ < kWindow) return;
  const double share = static_cast<double>(windowStoredBytes_) / static_cast<double>(windowBytes_);
  windowValues_ = windowBytes_ = windowStoredBytes_ = 0;
  if (bestShare_ == 0 || share < bestShare_) bestShare_ = share;
  if (share > kDrift * bestShare_) state_ = State::kCollecting;
}

std::vector<std::string> SampleCollector::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  sampleBytes_ = 0;
  offered_ = 0;
  return std::exchange(samples_, {});
}

void SampleCollector::skipFirstRounds() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (round_ != 0 || state_ != State::kCollecting) return;
  round_ = kRounds.size() - 1;
  samples_.clear();
  sampleBytes_ = 0;
  state_ = State::kWatching;
}

void SampleCollector::endRound(bool isUseful) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++round_;
  bestShare_ = 0;
  windowValues_ = windowBytes_ = windowStoredBytes_ = 0;
  state_ = round_ == 1 ? State::kCollecting : State::kWatching;
  if (!isUseful) state_ = State::kStopped;
}

void SampleCollector::restart() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_ != State::kStopped) return;
  round_ = 0;
  state_ = State::kCollecting;
}

}  // namespace ebbcache
