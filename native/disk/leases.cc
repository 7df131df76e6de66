#include "disk/leases.h"

#include <new>

namespace ebbcache {
namespace {

/// The byte is below 2^62, as byte locks require. Two keys that share a byte share a lease: the
/// second is busy.
uint64_t byteOf(uint64_t keyHash) {
  return keyHash >> 2U;
}

}  // namespace

void Leases::openLocks() {
  if (locks_ != nullptr && locks_->isAt(path_)) return;
  locks_ = nullptr;
  locks_ = ByteLocks::open(path_);
}

Leases::Result Leases::acquire(uint64_t keyHash) noexcept {
  const std::lock_guard<std::mutex> guard(mutex_);
  const uint64_t at = byteOf(keyHash);
  try {
    openLocks();
    if (locks_ == nullptr) return Result::kUnavailable;
    const auto [lease, isNew] = held_.try_emplace(at, locks_);
    if (!isNew) return Result::kBusy;
    const ByteLocks::Result result = locks_->tryLock(at);
    if (result == ByteLocks::Result::kHeld) return Result::kHeld;
    held_.erase(lease);
    if (result == ByteLocks::Result::kBusy) return Result::kBusy;
    // Where locks belong to the process, closing the file would release those that are held.
    if (held_.empty()) locks_ = nullptr;
    return Result::kUnavailable;
  } catch (const std::bad_alloc&) {
    return Result::kUnavailable;
  }
}

void Leases::release(uint64_t keyHash) noexcept {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto lease = held_.find(byteOf(keyHash));
  if (lease == held_.end()) return;
  lease->second->unlock(lease->first);
  held_.erase(lease);
}

}  // namespace ebbcache
