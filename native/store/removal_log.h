// What left a store, kept for one who listens to it: a ring of bytes that never grows.
//
//   record:   | key bytes, u16 | kind, u8 | key |          kind is a RemovalReason
//   loss:     | 8, u16         | 255, u8  | count, u64 |   so many removals found no room here
//
// A writer of the store notes what leaves, under the store's mutex; the listener takes it in
// batches, in its own thread. Noting neither waits for the listener nor takes memory.
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
  /// Room was needed for a put, or a caller made the store smaller.
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
  /// Calls visit(std::string_view key, RemovalReason reason) with each.
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
  /// So many more left after these; nothing else is known of them.
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

  /// `wake` is called by the thread that notes a removal, once until take() has left nothing, or
  /// again with the next where it threw. It must not call the store or the log.
  explicit RemovalLog(std::function<void()> wake, size_t capacityBytes = kCapacityBytes);
  RemovalLog(const RemovalLog&) = delete;
  RemovalLog& operator=(const RemovalLog&) = delete;

  /// False where there is no room for it: then it is counted as lost. The key has kMaxKeyBytes at
  /// most.
  bool note(std::string_view key, RemovalReason reason);
  /// Counts removals whose keys were not noted.
  void lose(uint64_t count);

  /// The next removals, at most `maxCount`, or fewer where some were lost after them. Where the
  /// heap has no room for them, all that is held is lost, and counted.
  RemovalBatch take(uint64_t maxCount);
  /// Whether take() would give something.
  bool hasMore() const;

 private:
  static constexpr size_t kHeaderBytes = RemovalBatch::kHeaderBytes;
  static constexpr uint8_t kLoss = UINT8_MAX;
  static constexpr size_t kLossBytes = kHeaderBytes + sizeof(uint64_t);

  void wake();

  /// What take() is about to copy.
  struct Span {
    size_t bytes = 0;
    uint64_t count = 0;
    /// The record of a loss follows.
    bool endsInLoss = false;
  };

  // For these mutex_ MUST be held.

  bool isEmpty() const { return heldBytes_ == 0 && lost_ == 0; }
  void append(const char* bytes, size_t count);
  void appendRecord(std::string_view content, uint8_t kind);
  /// Copies from the oldest byte plus `offset` on.
  void copyOut(size_t offset, char* out, size_t count) const;
  void drop(size_t bytes);
  Span next(uint64_t maxCount) const;
  uint64_t lossAt(size_t offset) const;
  /// Counts all that is held as lost.
  void loseAll();
  /// True for who has to wake the listener, which is to be done without mutex_.
  bool takesWake();

  const std::function<void()> wake_;
  const size_t capacity_;
  const std::unique_ptr<char[]> ring_;
  mutable std::mutex mutex_;
  /// The oldest record begins there.
  size_t head_ = 0;
  size_t heldBytes_ = 0;
  /// So many were lost since the last record, and no record tells of them yet.
  uint64_t lost_ = 0;
  bool isAwake_ = false;
};

}  // namespace ebbcache
