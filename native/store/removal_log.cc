#include "store/removal_log.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace ebbcache {

size_t RemovalBatch::keyBytesOf(const char* header) {
  uint16_t bytes = 0;
  std::memcpy(&bytes, header, sizeof bytes);
  return bytes;
}

RemovalLog::RemovalLog(std::function<void()> wake, size_t capacityBytes)
    : wake_(std::move(wake)),
      capacity_(capacityBytes),
      // The ring is not initialized: pages that no record was ever written to take no memory.
      ring_(new char[capacityBytes]) {}

// ---------------------------------------------------------------- by writers of the store

bool RemovalLog::note(std::string_view key, RemovalReason reason) {
  bool noted = false;
  bool wakes = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const size_t needed = kHeaderBytes + key.size() + (lost_ > 0 ? kLossBytes : 0);
    noted = needed <= capacity_ - heldBytes_;
    if (!noted) {
      ++lost_;
    } else {
      // Earlier losses are recorded first, so that the order is that of the removals.
      if (lost_ > 0) {
        char count[sizeof lost_];
        std::memcpy(count, &lost_, sizeof count);
        appendRecord({count, sizeof count}, kLoss);
        lost_ = 0;
      }
      appendRecord(key, static_cast<uint8_t>(reason));
    }
    wakes = takesWake();
  }
  if (wakes) wake();
  return noted;
}

void RemovalLog::lose(uint64_t count) {
  if (count == 0) return;
  bool wakes = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    lost_ += count;
    wakes = takesWake();
  }
  if (wakes) wake();
}

bool RemovalLog::takesWake() {
  return !std::exchange(isAwake_, true);
}

void RemovalLog::wake() {
  try {
    wake_();
  } catch (...) {
    // Removing an entry must not fail because of a log: the next removal tries again.
    const std::lock_guard<std::mutex> lock(mutex_);
    isAwake_ = false;
  }
}

void RemovalLog::appendRecord(std::string_view content, uint8_t kind) {
  char header[kHeaderBytes];
  const auto bytes = static_cast<uint16_t>(content.size());
  std::memcpy(header, &bytes, sizeof bytes);
  std::memcpy(header + sizeof bytes, &kind, sizeof kind);
  append(header, sizeof header);
  append(content.data(), content.size());
}

void RemovalLog::append(const char* bytes, size_t count) {
  const size_t at = (head_ + heldBytes_) % capacity_;
  const size_t first = std::min(count, capacity_ - at);
  std::memcpy(ring_.get() + at, bytes, first);
  std::memcpy(ring_.get(), bytes + first, count - first);
  heldBytes_ += count;
}

// ---------------------------------------------------------------- by the listener

RemovalBatch RemovalLog::take(uint64_t maxCount) {
  RemovalBatch batch;
  const std::lock_guard<std::mutex> lock(mutex_);
  const Span span = next(maxCount);
  try {
    batch.records_.resize(span.bytes);
    copyOut(0, batch.records_.data(), span.bytes);
    batch.count_ = span.count;
    if (span.endsInLoss) batch.lost_ = lossAt(span.bytes);
    drop(span.bytes + (span.endsInLoss ? kLossBytes : 0));
  } catch (const std::bad_alloc&) {
    loseAll();
  }
  if (heldBytes_ == 0) batch.lost_ += std::exchange(lost_, 0);
  if (isEmpty()) isAwake_ = false;
  return batch;
}

bool RemovalLog::hasMore() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !isEmpty();
}

RemovalLog::Span RemovalLog::next(uint64_t maxCount) const {
  Span span;
  while (span.bytes < heldBytes_ && span.count < maxCount) {
    char header[kHeaderBytes];
    copyOut(span.bytes, header, sizeof header);
    span.endsInLoss = static_cast<uint8_t>(header[2]) == kLoss;
    if (span.endsInLoss) return span;
    span.bytes += sizeof header + RemovalBatch::keyBytesOf(header);
    ++span.count;
  }
  return span;
}

void RemovalLog::copyOut(size_t offset, char* out, size_t count) const {
  const size_t at = (head_ + offset) % capacity_;
  const size_t first = std::min(count, capacity_ - at);
  std::memcpy(out, ring_.get() + at, first);
  std::memcpy(out + first, ring_.get(), count - first);
}

uint64_t RemovalLog::lossAt(size_t offset) const {
  uint64_t count = 0;
  char bytes[sizeof count];
  copyOut(offset + kHeaderBytes, bytes, sizeof bytes);
  std::memcpy(&count, bytes, sizeof count);
  return count;
}

void RemovalLog::drop(size_t bytes) {
  heldBytes_ -= bytes;
  // An empty ring begins anew, so that few removals need few of its pages.
  head_ = heldBytes_ == 0 ? 0 : (head_ + bytes) % capacity_;
}

void RemovalLog::loseAll() {
  while (heldBytes_ > 0) {
    const Span span = next(UINT64_MAX);
    lost_ += span.count + (span.endsInLoss ? lossAt(span.bytes) : 0);
    drop(span.bytes + (span.endsInLoss ? kLossBytes : 0));
  }
}

}  // namespace ebbcache
