// The interface by which a store in memory uses the values on disk behind it. The disk tier
// implements it, and so do fakes in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "disk/ring_layout.h"
#include "disk/ring_view.h"

namespace ebbcache {

struct DiskPutOptions {
  /// In ms; 0 for an entry that does not expire.
  uint64_t ttlMs = 0;
  double cost = 0;
};

struct DiskPut {
  /// The number by which isCurrent() knows the put: 1 to kMaxVersion.
  uint64_t version = 0;
  /// Whether the value waits to be written.
  bool isTaken = false;
};

enum class DiskResult : uint8_t { kMiss, kHit };

/// Thread-safe.
class DiskStore {
 public:
  /// The maximum of key and value together, in bytes.
  static constexpr uint64_t kMaxPayloadBytes = kMaxRingPayloadBytes;

  DiskStore() = default;
  virtual ~DiskStore() = default;
  DiskStore(const DiskStore&) = delete;
  DiskStore& operator=(const DiskStore&) = delete;

  /// Queues a copy. Where that is refused, the value is only in the caller's memory, and current
  /// there all the same.
  virtual DiskPut put(std::string_view key, std::string_view value,
                      const DiskPutOptions& options) = 0;
  /// Reads the value that the key has now, in the queue or in the file.
  virtual DiskResult read(std::string_view key, DiskFound& found) = 0;
  /// Reads it too, counted neither as a hit nor as a miss.
  virtual DiskResult peek(std::string_view key, DiskFound& found) = 0;
  /// Whether the key has a value. Not counted.
  virtual bool has(std::string_view key) = 0;
  /// Whether a copy in memory is that of the key's current put. True also where the file cannot be
  /// read.
  virtual bool isCurrent(std::string_view key, uint64_t version) = 0;
  /// Returns true where the key had a value.
  virtual bool remove(std::string_view key) = 0;
  /// Removes the value if it is that of the put with this version.
  virtual void removeVersion(std::string_view key, uint64_t version) = 0;
  virtual void clear() = 0;
  /// Visits the keys of some entries and returns the next cursor, which is less than 2^52; 0 begins
  /// and ends. An entry that is there from begin to end is visited; one that waits to be written
  /// may be visited twice.
  virtual uint64_t scan(uint64_t cursor,
                        const std::function<void(std::string_view key)>& visit) = 0;
};

}  // namespace ebbcache
