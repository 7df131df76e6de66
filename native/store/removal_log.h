// The removals of a store, kept for one listener: a ring of bytes that never grows.
//
//   record:   | key bytes, u16 | kind, u8 | key |          kind is a RemovalReason
//   loss:     | 8, u16         | 255, u8  | count, u64 |   the number of removals lost here
//
// A writer of the store notes removals under the store's mutex; the listener takes them in batches,
// in its own thread. Noting neither waits for the listener nor takes memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace ebbcache {

/// Why an entry left. The numbers are those of REMOVAL_REASONS in lib/arena/removal-events.ts.
enum class RemovalReason : uint8_t {
  /// Room was needed for a put, or a caller shrank the store.
  kEvict,
  kPressure,
  kExpire,
  kReplace,
  kDelete,
  kClear,
};

/// Its removals are in the order in which they happened.
class RemovalBatch {
 public:
  /// Calls visit(std::string_view key, RemovalReason reason) for each removal.
  template <typename Visitor>
  void visit(Visitor&& visit) const {
    for (size_t at = 0; at < records_.size();) {
      const std::string_view rest = std::string_view(records_).substr(at);
      const size_t keyBytes = keyBytesOf(rest.data());
      visit(rest.substr(kHeaderBytes, keyBytes), static_cast<RemovalReason>(rest[2]));
      at += kHeaderBytes + keyBytes;
    }
  }
  uint64_t count() const { return count_; }
  /// The number of removals after these whose keys were lost.
  uint64_t lost() const { return lost_; }
  bool isEmpty() const { return count_ == 0 && lost_ == 0; }

 private:
  friend class RemovalLog;
  static constexpr size_t kHeaderBytes = 3;

  static size_t keyBytesOf(const char* header);

  std::string records_;
  uint64_t count_ = 0;
  uint64_t lost_ = 0;
};

/// Thread-safe.
class RemovalLog {
 public:
  /// It has room for about 90,000 removals with keys of 20 bytes.
  static constexpr size_t kCapacityBytes = size_t{2} << 20;

  /// `wake` is called by the thread that notes a removal: once until take() has left nothing, or
  /// again with the next removal where it threw. It MUST NOT call the store or the log.
  explicit RemovalLog(std::function<void()> wake, size_t capacityBytes = kCapacityBytes);
  RemovalLog(const RemovalLog&) = delete;
  RemovalLog& operator=(const RemovalLog&) = delete;

  /// Notes a removal. Where there is no room for it, counts it as lost and returns false. The key
  /// MUST have at most kMaxKeyBytes.
  bool note(std::string_view key, RemovalReason reason);
  /// Counts removals whose keys were not noted.
  void lose(uint64_t count);

  /// Returns the next removals, at most `maxCount`, or fewer where some were lost after them. Where
  /// the heap has no room for them, all held removals are counted as lost.
  RemovalBatch take(uint64_t maxCount);
  /// Whether take() would return something.
  bool hasMore() const;

 private:
  static constexpr size_t kHeaderBytes = RemovalBatch::kHeaderBytes;
  static constexpr uint8_t kLoss = UINT8_MAX;
  static constexpr size_t kLossBytes = kHeaderBytes + sizeof(uint64_t);

  void wake();

  /// The records that take() is about to copy.
  struct Span {
    size_t bytes = 0;
    uint64_t count = 0;
    /// Whether the record of a loss follows.
    bool endsInLoss = false;
  };

  // For the following functions mutex_ MUST be held.

  bool isEmpty() const { return heldBytes_ == 0 && lost_ == 0; }
  void append(const char* bytes, size_t count);
  void appendRecord(std::string_view content, uint8_t kind);
  /// Copies `count` bytes that begin `offset` after the oldest byte.
  void copyOut(size_t offset, char* out, size_t count) const;
  void drop(size_t bytes);
  Span next(uint64_t maxCount) const;
  uint64_t lossAt(size_t offset) const;
  /// Counts all held removals as lost.
  void loseAll();
  /// Returns true for the thread that has to wake the listener, for which mutex_ MUST NOT be held.
  bool takesWake();

  const std::function<void()> wake_;
  const size_t capacity_;
  const std::unique_ptr<char[]> ring_;
  mutable std::mutex mutex_;
  /// The position of the oldest record.
  size_t head_ = 0;
  size_t heldBytes_ = 0;
  /// The number of losses since the last record that no record contains yet.
  uint64_t lost_ = 0;
  bool isAwake_ = false;
};

}  // namespace ebbcache
