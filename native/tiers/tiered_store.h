// A store in memory and the disk tier behind it, as one. Without a disk tier each call is the
// store's own. Thread-safe.
//
//   put    -> the disk tier's queue gives a version, which stamps the value in memory
//   get    -> memory, if its version is current on disk; else the disk, and what is found there is
//             promoted into memory
//
// Locks, in the order in which they are taken:
//   a guard       puts, removals and promotions of the keys that share it: one at a time; clear()
//                 takes all of them
//   memory's and the disk tier's own
// A read that hits memory takes no guard.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "disk/disk_store.h"
#include "store/store.h"

namespace ebbcache {

struct TieredStoreOptions {
  /// Whether a value in memory is used only if nobody else has replaced or removed it on disk.
  bool coherent = true;
  /// The memory store's, in ms; 0 for none.
  uint64_t defaultTtlMs = 0;
};

class TieredStore {
 public:
  /// `memory` MUST outlive it, and MUST be stamped where `disk` is not null.
  TieredStore(Store& memory, std::shared_ptr<DiskStore> disk, const TieredStoreOptions& options);
  TieredStore(const TieredStore&) = delete;
  TieredStore& operator=(const TieredStore&) = delete;

  /// See Store::put(). The value is stored once memory or the disk tier has taken it. A value that
  /// is too large for both changes nothing. Where only memory could take it and has no room, the
  /// key is left without a value.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options = {}) {
    return disk_ == nullptr ? memory_.put(key, value, options) : putInBoth(key, value, options);
  }

  /// The larger of Store::largestValue() and the disk tier's maximum.
  uint64_t largestValue() const;
  PutResult refuse() { return memory_.refuse(); }

  // Reads are those of Store. `fromDisk`, where it is not null, says whether the value was found on
  // disk. It was promoted into memory then, also with kBufferTooSmall: the next call finds it
  // there, or on disk again where memory has no room for it.

  ReadResult get(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes,
                 bool* fromDisk = nullptr) {
    if (disk_ != nullptr) return getFromBoth(key, {out, capacity, bytes}, fromDisk);
    if (fromDisk != nullptr) *fromDisk = false;
    return memory_.get(key, out, capacity, bytes);
  }
  /// A value with another prefix is removed from the disk too.
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, char* out,
                         uint64_t capacity, uint64_t& bytes, bool* fromDisk = nullptr) {
    if (disk_ != nullptr) {
      return getPrefixedFromBoth(key, prefix, {out, capacity, bytes}, fromDisk);
    }
    if (fromDisk != nullptr) *fromDisk = false;
    return memory_.getPrefixed(key, prefix, out, capacity, bytes);
  }
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit) {
    return disk_ == nullptr ? memory_.view(key, visit) : viewInBoth(key, visit);
  }
  /// The read is never counted, and nothing is promoted or removed.
  ReadResult peek(std::string_view key, char* out, uint64_t capacity, uint64_t& bytes) {
    return disk_ == nullptr ? memory_.peek(key, out, capacity, bytes)
                            : peekInBoth(key, {out, capacity, bytes});
  }
  bool has(std::string_view key) { return disk_ == nullptr ? memory_.has(key) : isInEither(key); }
  /// See Store::remainingTtl(): the time is that of the value in memory, or else on disk.
  std::optional<uint64_t> remainingTtl(std::string_view key) {
    return disk_ == nullptr ? memory_.remainingTtl(key) : remainingTtlInEither(key);
  }
  /// Returns true where either had the key.
  bool remove(std::string_view key) {
    return disk_ == nullptr ? memory_.remove(key) : removeFromBoth(key);
  }
  /// Clears both.
  void clear();

  /// See Store::scan(): the keys in memory, and then those on disk, of which some may be in memory
  /// too. A cursor is less than 2^53, so that a JavaScript number holds it:
  ///
  ///    52     51                0
  ///   +------+------------------+
  ///   | disk | the tier's own   |
  ///   +------+------------------+
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// The statistics of the memory store, except that hits, misses, puts and rejections are those of
  /// both tiers: a value found on disk is a hit, and a promotion is no put.
  StoreStats stats() const;

  Store& memory() const { return memory_; }

 private:
  /// Puts and removals change memory and disk with a guard's mutex held, and then its sequence: a
  /// reader of the disk that does not hold the mutex promotes nothing once the sequence has
  /// changed.
  struct alignas(64) Guard {
    std::mutex mutex;
    std::atomic<uint64_t> sequence{0};
  };
  class Change;
  /// The buffer of a read, and the size of the value.
  struct Buffer {
    char* out;
    uint64_t capacity;
    uint64_t& bytes;
  };
  static constexpr size_t kGuards = 32;

  PutResult putInBoth(std::string_view key, std::string_view value, const PutOptions& options);
  ReadResult getFromBoth(std::string_view key, const Buffer& to, bool* fromDisk);
  ReadResult getPrefixedFromBoth(std::string_view key, std::string_view prefix, const Buffer& to,
                                 bool* fromDisk);
  ReadResult viewInBoth(std::string_view key,
                        const std::function<void(std::string_view value)>& visit);
  ReadResult peekInBoth(std::string_view key, const Buffer& to);
  bool isInEither(std::string_view key);
  std::optional<uint64_t> remainingTtlInEither(std::string_view key);
  bool removeFromBoth(std::string_view key);

  bool isCurrent(std::string_view key, uint64_t version) {
    return !options_.coherent || disk_->isCurrent(key, version);
  }
  /// Returns the value that `read` finds in memory, or else the disk's.
  template <typename Read>
  ReadResult copyFromEither(std::string_view key, std::string_view prefix, const Buffer& to,
                            bool* fromDisk, const Read& read);
  /// Returns the value that `read` finds in memory, if it is current; else removes it, and counts a
  /// miss.
  template <typename Read>
  ReadResult readMemory(std::string_view key, const Read& read);
  /// The reason to remove a value in memory that is not current, as far as it is known: another
  /// value on disk, or none any more.
  RemovalReason reasonOfStale(std::string_view key);
  /// Removes the value in memory, unless it is current.
  void removeStale(std::string_view key);
  /// Reads the disk after a miss in memory that was counted, and promotes the value.
  ReadResult readDisk(std::string_view key, std::string_view prefix, DiskFound& found);
  void promote(std::string_view key, const DiskFound& found, Guard& guard, uint64_t sequence);
  Guard& guardOf(std::string_view key) const;

  using Guards = std::array<Guard, kGuards>;

  Store& memory_;
  const std::shared_ptr<DiskStore> disk_;
  const TieredStoreOptions options_;
  /// Null without a disk tier.
  const std::unique_ptr<Guards> guards_;
  /// What must be added to a counter of memory's. It may be negative: it is added modulo 2^64.
  class Correction {
   public:
    void add(int by) {
      value_.fetch_add(static_cast<uint64_t>(int64_t{by}), std::memory_order_release);
    }
    uint64_t value() const { return value_.load(std::memory_order_acquire); }

   private:
    std::atomic<uint64_t> value_{0};
  };
  struct Corrections {
    Correction hits;
    Correction misses;
    Correction puts;
    Correction rejections;
  };
  Corrections corrections_;
};

}  // namespace ebbcache
