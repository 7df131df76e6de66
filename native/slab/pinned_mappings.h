// Mappings that readers use without a lock: one that is retired meanwhile stays mapped until its
// last reader has left.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ebbcache {

/// Thread-safe. It is for mappings so large that the lock here costs nothing beside a copy of them.
class PinnedMappings {
 public:
  /// The maximum number of mappings that are pinned at once.
  static constexpr uint32_t kMaxPinned = 32;

  /// Counts one more reader. Returns false when too many mappings are pinned: then the caller has
  /// to read under the lock that keeps the mapping alive. That lock MUST be held for this call,
  /// too.
  bool pin(const void* mapping);
  /// Counts one reader fewer. Returns the bytes of a retired mapping that has no reader any more,
  /// which the caller MUST unmap, and then call unmapped(); else 0.
  uint64_t unpin(const void* mapping);
  /// Retires a mapping; the caller MUST NOT let it be pinned again. Returns true where it has
  /// readers: then the caller of the last unpin() unmaps it. Returns false where the caller may
  /// unmap it.
  bool retire(const void* mapping, uint64_t bytes);
  /// Notes that the bytes which unpin() returned are unmapped.
  void unmapped(uint64_t bytes);

  /// The bytes that are retired and still mapped.
  uint64_t retiredBytes() const { return retiredBytes_.load(std::memory_order_acquire); }
  /// Waits until as many bytes were unmapped as are retired now.
  void waitForReaders();

 private:
  struct Pinned {
    const void* mapping = nullptr;
    uint32_t readers = 0;
    /// The bytes of a retired mapping; 0 for one that is not retired.
    uint64_t retiredBytes = 0;
  };

  /// Returns the place of a mapping, or null when it is not there; find(nullptr) returns an unused
  /// place.
  Pinned* find(const void* mapping);

  std::mutex mutex_;
  std::condition_variable unmapped_;
  // mutex_ MUST be held to use the following two members.
  std::array<Pinned, kMaxPinned> pinned_;
  uint64_t unmappedEver_ = 0;
  /// The number of pinned mappings, which spares a store without such readers the lock. Its owner
  /// MUST hold the same lock when it pins a mapping and when it retires one, which orders the two.
  std::atomic<uint32_t> count_{0};
  std::atomic<uint64_t> retiredBytes_{0};
};

}  // namespace ebbcache
