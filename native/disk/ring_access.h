// The ring that is at the folder's path now: opened, made, and noticed when it was removed or made
// anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "disk/ring_folder.h"
#include "disk/ring_header.h"
#include "disk/ring_view.h"
#include "store/spin_lock.h"

namespace ebbcache {

/// Whether there is a ring, and who may do what with it.
enum class RingState : uint8_t {
  /// It is being opened or made.
  kOpening,
  kWritable,
  /// It can be read alone.
  kReadable,
  /// It can be neither read nor written.
  kUnusable,
};

/// What came of an attempt to have a ring that can be written.
struct RingOpening {
  std::string trouble;
  /// What was there was damaged, and a new ring made in its place.
  bool wasDamaged = false;
  bool removedEarlier = false;
  bool isBusy = false;
};

class RingAccess {
 public:
  /// Opens the ring that is there, for reading: then it can be read at once. Makes the folder, but
  /// no ring.
  RingAccess(std::unique_ptr<RingFolder> folder, RingKind kind, uint64_t maxBytes);

  // For any thread:

  /// Null where there is none, or it was removed: that is looked at where the last look is ten
  /// milliseconds ago.
  std::shared_ptr<const RingView> view();
  /// Reads the header, and returns whether the ring is another than that of the view.
  bool hasChanged(const RingView& view);
  RingState state() const { return state_.load(std::memory_order_acquire); }
  /// The folder in use, which may be a private one in the folder that was named.
  std::string path() const;
  /// Another budget: openForWriting() gives it to the ring.
  void resize(uint64_t maxBytes);
  uint64_t maxBytes() const { return maxBytes_.load(std::memory_order_relaxed); }
  /// `wake` is called where it was noticed that the ring was removed. Before anything else.
  void onRemoved(std::function<void()> wake) { wake_ = std::move(wake); }

  // One thread at a time may call what follows.

  /// Has a ring that can be written, if it can be had: makes the folder and the ring where they are
  /// not there. True when there is one.
  bool openForWriting(RingOpening& opening);
  /// Takes the file's lock, if it comes free within so long, reads the header, and where it is
  /// damaged makes a ring anew. Where this is true, unlock() must follow.
  bool lock(uint64_t timeoutMs, RingHeader& header, RingOpening& opening);
  void unlock() { file_->unlock(); }
  /// With the lock held: the ring is empty from now on.
  IoError clear(RingHeader& header);
  /// Has readers see the ring that the file is now, without its lock.
  void refresh();
  /// The ring's header is this one now: readers see it.
  void adopt(const RingHeader& header);
  void setState(RingState state) { state_.store(state, std::memory_order_release); }
  RingFile& file() const { return *file_; }
  UsedSlots& used() const { return *used_; }

 private:
  void openExisting();
  bool isInPlace() const;
  std::shared_ptr<const RingView> currentView() const;
  void setView(std::shared_ptr<const RingView> view);
  void dropView(const std::shared_ptr<const RingView>& view);
  /// The file is not the folder's any more.
  void abandon();
  bool fail(RingOpening& opening, std::string trouble, RingState state);
  bool makeAnew(RingHeader& header, const RingHeader* before, RingOpening& opening);

  const std::unique_ptr<RingFolder> folder_;
  const RingKind kind_;
  std::atomic<uint64_t> maxBytes_;
  /// How often it was asked for.
  std::atomic<uint64_t> resizes_{0};
  std::function<void()> wake_;

  std::atomic<RingState> state_{RingState::kOpening};
  std::atomic<int64_t> checkedAtMs_{0};
  mutable SpinLock viewLock_;
  std::shared_ptr<const RingView> view_;
  mutable std::mutex pathMutex_;
  std::string path_;

  // The writer's:
  bool removedEarlier_ = false;
  /// The resizes that the ring has seen.
  uint64_t resized_ = 0;
  std::shared_ptr<RingFile> file_;
  std::shared_ptr<UsedSlots> used_;
  /// The ring that they are of.
  uint64_t usedId_ = 0;
};

}  // namespace ebbcache
