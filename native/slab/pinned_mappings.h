// Mappings that readers use without a lock: one that is retired meanwhile stays mapped until the
// last of them has left.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ebbcache {

/// Thread-safe. For mappings so large that the lock here costs nothing beside a copy of them.
class PinnedMappings {
 public:
  /// The maximum number of mappings that are pinned at once.
  static constexpr uint32_t kMaxPinned = 32;

  /// Counts one more reader. False when too many mappings are pinned: then the caller has to read
  /// under the lock that keeps the mapping alive. That lock MUST be held now, too.
  bool pin(const void* mapping);
  /// One reader fewer. Returns the bytes of a mapping that was retired and has no reader any more,
  /// for the caller to unmap; else 0. Such bytes count as retired until unmapped() is called.
  uint64_t unpin(const void* mapping);
  /// Nobody will pin it again. True where it has readers: the last of them unmaps it. False for one
  /// that the caller may unmap.
  bool retire(const void* mapping, uint64_t bytes);
  /// Bytes that unpin() returned are unmapped.
  void unmapped(uint64_t bytes);

  /// Bytes that are retired and still mapped.
  uint64_t retiredBytes() const { return retiredBytes_.load(std::memory_order_acquire); }
  /// Returns when as many bytes were unmapped as are retired now.
  void waitForReaders();

 private:
  struct Pinned {
    const void* mapping = nullptr;
    uint32_t readers = 0;
    /// 0 for one that is not retired.
    uint64_t retiredBytes = 0;
  };

  /// Null when it is not there; of null, a place that is unused.
  Pinned* find(const void* mapping);

  std::mutex mutex_;
  std::condition_variable unmapped_;
  // Guarded by mutex_.
  std::array<Pinned, kMaxPinned> pinned_;
  uint64_t unmappedEver_ = 0;
  /// So that a store without such readers takes no lock. A mapping is pinned and retired under one
  /// lock of its owner's, which orders the two.
  std::atomic<uint32_t> count_{0};
  std::atomic<uint64_t> retiredBytes_{0};
};

}  // namespace ebbcache
