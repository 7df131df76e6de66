// The readers' view of a ring: the file, and the header as it was last read. Reads take no lock.
// Whatever the file contains, a read finds a value that was put under the key, or none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "disk/ring_file.h"
#include "disk/ring_header.h"
#include "disk/ring_key.h"
#include "disk/ring_layout.h"
#include "disk/used_slots.h"

namespace ebbcache {

/// The result of a read. The value is in `out`, or in `large` where it did not fit there.
struct DiskFound {
  char* out = nullptr;
  uint64_t capacity = 0;

  std::string large;
  uint64_t bytes = 0;
  /// The version of the entry's put, or the one that a stale or broken slot names.
  uint64_t version = 0;
  /// 0 for an entry that does not expire.
  uint64_t remainingMs = 0;
  double cost = 0;

  std::string_view value() const {
    return bytes > capacity ? std::string_view(large) : std::string_view(out, bytes);
  }
};

enum class RingRead : uint8_t {
  kMiss,
  kHit,
  /// The slot names an entry that is no longer there, as after a writer was killed.
  kStale,
  /// The entry is damaged.
  kBroken,
  kFailed,
};

/// Thread-safe.
class RingView {
 public:
  RingView(std::shared_ptr<RingFile> file, const RingHeader& header,
           std::shared_ptr<UsedSlots> used);

  RingRead read(std::string_view key, uint64_t nowMs, DiskFound& found) const;
  /// Whether the key has an entry that has not expired, by its header and key alone.
  RingRead has(std::string_view key, uint64_t nowMs) const;
  /// Whether the key's slot names this put; this counts as a use of the entry.
  RingRead isCurrent(std::string_view key, uint64_t version) const;

  /// Visits the keys of the sound entries in a bucket that have not expired.
  void scanBucket(uint64_t bucket, uint64_t nowMs,
                  const std::function<void(std::string_view key)>& visit) const;
  uint64_t buckets() const { return header_.buckets; }
  uint64_t bucketOfPlace(std::string_view place) const { return hash_.bucketOfPlace(place); }

  const RingHeader& header() const { return header_; }
  const std::shared_ptr<RingFile>& file() const { return file_; }
  const std::shared_ptr<UsedSlots>& used() const { return used_; }
  /// Whether the header describes the same ring: made at the same time, with the same size.
  bool isOf(const RingHeader& header) const {
    return header.id == header_.id && header.maxChunks == header_.maxChunks;
  }

 private:
  struct Named {
    RingSlot slot;
    size_t index;
  };
  /// Returns kHit, kMiss or kFailed.
  RingRead find(const RingKey& at, Named& named) const;
  RingRead readEntry(const RingKey& at, const RingSlot& slot, uint64_t nowMs,
                     DiskFound& found) const;
  RingRead readKey(const RingKey& at, const RingSlot& slot, uint64_t nowMs) const;
  /// Runs `step` with the slot of the key, and again where the slot was changed meanwhile.
  template <typename Step>
  RingRead withSlot(std::string_view key, Step&& step) const;

  const std::shared_ptr<RingFile> file_;
  const RingHeader header_;
  const uint64_t chunksAt_;
  const RingHash hash_;
  const std::shared_ptr<UsedSlots> used_;
};

}  // namespace ebbcache
