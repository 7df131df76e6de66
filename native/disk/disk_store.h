// What a store in memory needs of the values on disk behind it. The disk tier is one; tests have
// another.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "disk/ring_layout.h"
#include "disk/ring_view.h"

namespace ebbcache {

struct DiskPutOptions {
  /// ms; 0 for none.
  uint64_t ttlMs = 0;
  double cost = 0;
};

struct DiskPut {
  /// What isCurrent() knows the put by: 1 to kMaxVersion.
  uint64_t version = 0;
  /// Whether the value waits to be written.
  bool isTaken = false;
};

enum class DiskResult : uint8_t { kMiss, kHit };

/// Thread-safe.
class DiskStore {
 public:
  /// Bytes of key and value together that a put takes at most.
  static constexpr uint64_t kMaxPayloadBytes = kMaxRingPayloadBytes;

  DiskStore() = default;
  virtual ~DiskStore() = default;
  DiskStore(const DiskStore&) = delete;
  DiskStore& operator=(const DiskStore&) = delete;

  /// Queues a copy. Where that cannot be, the value is in the caller's memory alone, and current
  /// there all the same.
  virtual DiskPut put(std::string_view key, std::string_view value,
                      const DiskPutOptions& options) = 0;
  /// The value that the key has now, in the queue or in the file.
  virtual DiskResult read(std::string_view key, DiskFound& found) = 0;
  /// The same, counted neither as a hit nor as a miss.
  virtual DiskResult peek(std::string_view key, DiskFound& found) = 0;
  /// Whether there is one. Not counted.
  virtual bool has(std::string_view key) = 0;
  /// Whether a copy in memory is of what the key has now. True also where the file cannot be read.
  virtual bool isCurrent(std::string_view key, uint64_t version) = 0;
  /// True when it was there.
  virtual bool remove(std::string_view key) = 0;
  /// Removes it if it is the put of this version.
  virtual void removeVersion(std::string_view key, uint64_t version) = 0;
  virtual void clear() = 0;
  /// Visits the keys of some entries and returns the next cursor, which is less than 2^52; 0 begins
  /// and ends. An entry that is there from begin to end is visited; one that waits to be written
  /// may be visited twice.
  virtual uint64_t scan(uint64_t cursor,
                        const std::function<void(std::string_view key)>& visit) = 0;
};

}  // namespace ebbcache
