// Opens the ring at the folder's path, makes it where there is none, and detects that it was
// removed or made anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/spin_lock.h"
#include "disk/ring_folder.h"
#include "disk/ring_header.h"
#include "disk/ring_view.h"

namespace ebbcache {

/// Whether there is a ring, and how it can be used.
enum class RingState : uint8_t {
  /// It is being opened or made.
  kOpening,
  kWritable,
  /// It can only be read.
  kReadable,
  /// It can be neither read nor written.
  kUnusable,
};

/// The result of an attempt to open a ring for writing.
struct RingOpening {
  std::string trouble;
  /// The file was damaged, and was replaced by a new ring.
  bool wasDamaged = false;
  bool removedEarlier = false;
  bool isBusy = false;
};

class RingAccess {
 public:
  /// Opens an existing ring for reading, so that it can be read at once. Makes the folder, but no
  /// ring.
  RingAccess(std::unique_ptr<RingFolder> folder, RingKind kind, uint64_t maxBytes);

  // Any thread may call these:

  /// Null where there is no ring, or where it was removed: its place is checked at most every ten
  /// milliseconds.
  std::shared_ptr<const RingView> view();
  /// Reads the header, and returns whether the ring is another than that of the view.
  bool hasChanged(const RingView& view);
  RingState state() const { return state_.load(std::memory_order_acquire); }
  /// The folder in use, which may be a private one within the folder that was named.
  std::string path() const;
  /// Sets the budget, which openForWriting() then gives to the ring.
  void resize(uint64_t maxBytes);
  uint64_t maxBytes() const { return maxBytes_.load(std::memory_order_relaxed); }
  /// `wake` is called where a reader detects that the ring was removed. It MUST be set before any
  /// other call.
  void onRemoved(std::function<void()> wake) { wake_ = std::move(wake); }

  // One thread at a time may call these:

  /// Opens a ring for writing where that is possible, and makes the folder and the ring where they
  /// do not exist. Returns true where there is one.
  bool openForWriting(RingOpening& opening);
  /// Takes the file's lock, where it becomes free within `timeoutMs`, and reads the header. Where
  /// the header is damaged, makes the ring anew. Where this returns true, the caller MUST unlock().
  bool lock(uint64_t timeoutMs, RingHeader& header, RingOpening& opening);
  void unlock() { file_->unlock(); }
  /// Makes the ring empty. The lock MUST be held.
  IoError clear(RingHeader& header);
  /// Has readers use the ring that is in the file now, without its lock.
  void refresh();
  /// Has readers use the ring with this header.
  void adopt(const RingHeader& header);
  void setState(RingState state) { state_.store(state, std::memory_order_release); }
  RingFile& file() const { return *file_; }
  UsedSlots& used() const { return *used_; }

 private:
  void openExisting();
  bool isInPlace() const;
  std::shared_ptr<const RingView> currentView() const;
  void setView(std::shared_ptr<const RingView> view);
  void resetView(const std::shared_ptr<const RingView>& view);
  /// Closes a file that is no longer at the folder's path.
  void abandon();
  bool fail(RingOpening& opening, std::string trouble, RingState state);
  bool makeAnew(RingHeader& header, const RingHeader* before, RingOpening& opening);

  const std::unique_ptr<RingFolder> folder_;
  const RingKind kind_;
  std::atomic<uint64_t> maxBytes_;
  /// How often a resize was asked for.
  std::atomic<uint64_t> resizes_{0};
  std::function<void()> wake_;

  std::atomic<RingState> state_{RingState::kOpening};
  std::atomic<int64_t> checkedAtMs_{0};
  mutable SpinLock viewLock_;
  std::shared_ptr<const RingView> view_;
  mutable std::mutex pathMutex_;
  std::string path_;

  // The members below belong to the writer.
  bool removedEarlier_ = false;
  /// The resizes that the ring has seen.
  uint64_t resized_ = 0;
  std::shared_ptr<RingFile> file_;
  std::shared_ptr<UsedSlots> used_;
  /// The id of the ring whose slots `used_` describes.
  uint64_t usedId_ = 0;
};

}  // namespace ebbcache
