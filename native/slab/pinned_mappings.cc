#include "slab/pinned_mappings.h"

#include <algorithm>

namespace ebbcache {

PinnedMappings::Pinned* PinnedMappings::find(const void* mapping) {
  Pinned* const found = std::find_if(pinned_.begin(), pinned_.end(), [mapping](const Pinned& each) {
    return each.mapping == mapping;
  });
  return found == pinned_.end() ? nullptr : found;
}

bool PinnedMappings::pin(const void* mapping) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Pinned* pinned = find(mapping);
  if (pinned == nullptr) {
    pinned = find(nullptr);
    if (pinned == nullptr) return false;
    pinned->mapping = mapping;
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  ++pinned->readers;
  return true;
}

uint64_t PinnedMappings::unpin(const void* mapping) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Pinned& pinned = *find(mapping);
  if (--pinned.readers > 0) return 0;
  const uint64_t retired = pinned.retiredBytes;
  pinned = {};
  count_.fetch_sub(1, std::memory_order_relaxed);
  return retired;
}

bool PinnedMappings::retire(const void* mapping, uint64_t bytes) {
  if (count_.load(std::memory_order_relaxed) == 0) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  Pinned* const pinned = find(mapping);
  if (pinned == nullptr) return false;
  pinned->retiredBytes = bytes;
  retiredBytes_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void PinnedMappings::unmapped(uint64_t bytes) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    retiredBytes_.fetch_sub(bytes, std::memory_order_release);
    unmappedEver_ += bytes;
  }
  unmapped_.notify_all();
}

void PinnedMappings::waitForReaders() {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t enough = unmappedEver_ + retiredBytes();
  unmapped_.wait(lock, [&] { return unmappedEver_ >= enough; });
}

}  // namespace ebbcache
