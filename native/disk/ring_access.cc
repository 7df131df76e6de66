#include "disk/ring_access.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "disk/ring_resize.h"

namespace ebbcache {
namespace {

/// The shortest time between two checks of readers whether the file is still in its place.
constexpr int64_t kCheckEveryMs = 10;
/// Nothing is written to a new file for this time: by then readers of the former file have checked
/// its place, and do not read an old value there.
constexpr auto kBeforeFirstWrite = std::chrono::milliseconds(2 * kCheckEveryMs);
constexpr uint64_t kOpenLockMs = 100;

int64_t steadyMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool tryLockFor(RingFile& file, uint64_t timeoutMs, bool& failed) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
  for (auto pause = std::chrono::microseconds(100);;) {
    const RingFile::Lock result = file.tryLock();
    failed = result == RingFile::Lock::kFailed;
    if (result == RingFile::Lock::kHeld) return true;
    if (failed || std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(2000));
  }
}

/// Releases the lock unless it shall be kept, also where an exception passes.
struct LockGuard {
  RingFile& file;
  bool keepsLock = false;

  ~LockGuard() {
    if (!keepsLock) file.unlock();
  }
};

/// The header is invalid too where the file ends within the index: its buckets cannot be read, and
/// readers would allocate memory for all that the header names.
HeaderState readRingHeader(const RingFile& file, RingKind kind, RingHeader& header) {
  const HeaderState state = readHeader(file, kind, header);
  uint64_t size = 0;
  const bool isCut =
      state == HeaderState::kValid && file.size(size) == IoError::kNone && size < chunksAt(header);
  return isCut ? HeaderState::kInvalid : state;
}

std::string sentenceOf(IoError error, const std::string& path) {
  switch (error) {
    case IoError::kNoSpace:
      return "The disk has no room for the disk tier in " + path +
             ". Free some, or choose another folder. It is tried again.";
    case IoError::kDenied:
      return "The disk tier in " + path +
             " may not be written to, so it is only read. Make the folder writable, or choose "
             "another.";
    default:
      return "The disk tier in " + path + " failed to read or write. It is tried again.";
  }
}

}  // namespace

RingAccess::RingAccess(std::unique_ptr<RingFolder> folder, RingKind kind, uint64_t maxBytes)
    : folder_(std::move(folder)), kind_(kind), maxBytes_(maxBytes), path_(folder_->path()) {
  openExisting();
}

// ---------------------------------------------------------------- readers

std::shared_ptr<const RingView> RingAccess::view() {
  const int64_t now = steadyMs();
  const bool isDue = now - checkedAtMs_.load(std::memory_order_acquire) >= kCheckEveryMs;
  std::shared_ptr<const RingView> view = currentView();
  if (view == nullptr || !isDue) return view;
  const auto identity = folder_->ringIdentity();
  if (identity && *identity == view->file()->identity()) {
    // The time is set after the check: else others would rely on a check that is still to come.
    checkedAtMs_.store(now, std::memory_order_release);
    return view;
  }
  resetView(view);
  if (wake_) wake_();
  return nullptr;
}

bool RingAccess::hasChanged(const RingView& view) {
  RingHeader header;
  return readHeader(*view.file(), kind_, header) == HeaderState::kValid && !view.isOf(header);
}

void RingAccess::resize(uint64_t maxBytes) {
  maxBytes_ = maxBytes;
  ++resizes_;
}

std::string RingAccess::path() const {
  const std::lock_guard<std::mutex> lock(pathMutex_);
  return path_;
}

std::shared_ptr<const RingView> RingAccess::currentView() const {
  const std::lock_guard<SpinLock> lock(viewLock_);
  return view_;
}

void RingAccess::setView(std::shared_ptr<const RingView> view) {
  const std::lock_guard<SpinLock> lock(viewLock_);
  view_.swap(view);
}

void RingAccess::resetView(const std::shared_ptr<const RingView>& view) {
  const std::lock_guard<SpinLock> lock(viewLock_);
  // The writer may have set another one since.
  if (view_ == view) view_ = nullptr;
}

// ---------------------------------------------------------------- the writer

void RingAccess::openExisting() {
  FolderTrouble trouble = folder_->prepare(removedEarlier_);
  path_ = folder_->path();
  std::shared_ptr<RingFile> file;
  if (!trouble) file = folder_->openRing(RingFolder::Open::kExisting, trouble);
  // The writer tries again, and reports it.
  if (trouble) setState(RingState::kUnusable);
  RingHeader header;
  if (file == nullptr || readRingHeader(*file, kind_, header) != HeaderState::kValid) return;
  file_ = std::move(file);
  adopt(header);
}

bool RingAccess::openForWriting(RingOpening& opening) {
  if (file_ != nullptr && !isInPlace()) abandon();
  const bool isOpen =
      state() == RingState::kWritable && file_ != nullptr && currentView() != nullptr;
  const uint64_t resizes = resizes_;
  if (isOpen && resizes == resized_) return true;
  FolderTrouble trouble = folder_->prepare(opening.removedEarlier);
  opening.removedEarlier |= std::exchange(removedEarlier_, false);
  if (trouble) {
    return fail(opening, std::move(trouble.sentence), RingState::kUnusable);
  }
  {
    const std::lock_guard<std::mutex> lock(pathMutex_);
    path_ = folder_->path();
  }
  if (file_ == nullptr || file_->isReadOnly()) {
    std::shared_ptr<RingFile> file = folder_->openRing(RingFolder::Open::kCreate, trouble);
    if (file == nullptr) return fail(opening, std::move(trouble.sentence), RingState::kUnusable);
    file_ = std::move(file);
  }
  if (file_->isReadOnly()) {
    RingHeader header;
    const bool isRing = readRingHeader(*file_, kind_, header) == HeaderState::kValid;
    if (isRing) adopt(header);
    return fail(opening, sentenceOf(IoError::kDenied, folder_->path()),
                isRing ? RingState::kReadable : RingState::kUnusable);
  }
  RingHeader header;
  if (!lock(kOpenLockMs, header, opening)) return false;
  IoError error = IoError::kNone;
  {
    const LockGuard guard{*file_};
    error = resizeRing(*file_, header, maxBytes());
    if (error == IoError::kNone) error = countEntries(*file_, header);
    if (error == IoError::kNone) adopt(header);
  }
  if (error != IoError::kNone) {
    return fail(opening, sentenceOf(error, folder_->path()), RingState::kReadable);
  }
  resized_ = resizes;
  setState(RingState::kWritable);
  return true;
}

bool RingAccess::lock(uint64_t timeoutMs, RingHeader& header, RingOpening& opening) {
  bool failed = false;
  if (!tryLockFor(*file_, timeoutMs, failed)) {
    if (failed) {
      return fail(opening,
                  "The file system of " + folder_->path() +
                      " has no locks, so there is no disk tier. Choose a folder on a local disk.",
                  RingState::kUnusable);
    }
    opening.isBusy = true;
    return false;
  }
  LockGuard guard{*file_};
  const HeaderState state = readRingHeader(*file_, kind_, header);
  bool isReady = state == HeaderState::kValid;
  if (state == HeaderState::kNone || state == HeaderState::kInvalid) {
    uint64_t bytes = 0;
    opening.wasDamaged = file_->size(bytes) == IoError::kNone && bytes > 0;
    isReady = makeAnew(header, nullptr, opening);
  } else if (state == HeaderState::kForeign || state == HeaderState::kOtherKind) {
    const char* const whose = state == HeaderState::kForeign
                                  ? "another version of ebbcache"
                                  : "a cache of the other kind (of files' metadata, or of values)";
    fail(opening,
         "The disk tier in " + folder_->path() + " is that of " + whose +
             ", and is left alone. Choose another folder, or remove its cache.ring.",
         RingState::kUnusable);
  } else if (!isReady) {
    fail(opening, sentenceOf(IoError::kOther, folder_->path()), RingState::kUnusable);
  }
  guard.keepsLock = isReady;
  return isReady;
}

bool RingAccess::makeAnew(RingHeader& header, const RingHeader* before, RingOpening& opening) {
  const IoError error = makeRing(*file_, kind_, maxBytes(), before, header);
  if (error != IoError::kNone) {
    return fail(opening, sentenceOf(error, folder_->path()), RingState::kUnusable);
  }
  std::this_thread::sleep_for(kBeforeFirstWrite);
  adopt(header);
  return true;
}

IoError RingAccess::clear(RingHeader& header) {
  const RingHeader before = header;
  const IoError error = makeRing(*file_, kind_, maxBytes(), &before, header);
  if (error == IoError::kNone) adopt(header);
  return error;
}

void RingAccess::refresh() {
  RingHeader header;
  if (readRingHeader(*file_, kind_, header) == HeaderState::kValid) adopt(header);
}

void RingAccess::adopt(const RingHeader& header) {
  const std::shared_ptr<const RingView> view = currentView();
  const bool isSameFile = view != nullptr && view->file() == file_;
  if (isSameFile && view->isOf(header)) return;
  if (used_ == nullptr || usedId_ != header.id) used_ = std::make_shared<UsedSlots>(header.buckets);
  usedId_ = header.id;
  setView(std::make_shared<const RingView>(file_, header, used_));
}

bool RingAccess::isInPlace() const {
  const auto identity = folder_->ringIdentity();
  return identity && *identity == file_->identity();
}

void RingAccess::abandon() {
  setState(RingState::kOpening);
  setView(nullptr);
  file_ = nullptr;
  used_ = nullptr;
}

bool RingAccess::fail(RingOpening& opening, std::string trouble, RingState state) {
  opening.trouble = std::move(trouble);
  if (state == RingState::kUnusable) setView(nullptr);
  setState(state);
  return false;
}

}  // namespace ebbcache
