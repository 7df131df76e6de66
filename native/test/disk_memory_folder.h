// A folder of a disk tier in memory, whose file can be damaged, removed and made to fail. Tiers
// that are opened on the same MemoryDisk are like processes that share a folder.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "disk/ring_folder.h"

namespace ebbcache::test {

struct IoCall {
  enum class Kind : uint8_t { kRead, kWrite, kResize, kSync, kSize, kOpen, kPrepare, kLock };
  Kind kind;
  uint64_t at = 0;
  uint64_t bytes = 0;

  bool isMutating() const { return kind == Kind::kWrite || kind == Kind::kResize; }
};

/// The size of a disk's sector: no write is cut within one.
constexpr uint64_t kBlockBytes = 512;

/// The outcome of a call. A write with an error has written so many of its bytes, up to the last
/// whole block. A lock with an error is busy.
struct IoFault {
  IoError error = IoError::kNone;
  uint64_t bytes = 0;
};

/// Thread-safe.
class MemoryDisk {
 public:
  using Hook = std::function<IoFault(const IoCall&)>;

  /// The bytes of one file, which stay after it was removed while somebody has it open.
  struct Content {
    std::mutex mutex;
    std::string bytes;
    FileIdentity identity;
    const void* lockedBy = nullptr;
  };

  /// The hook is called for each call, one at a time.
  void onCall(Hook hook) {
    const std::lock_guard<std::mutex> lock(hookMutex_);
    hook_ = std::move(hook);
    hasHook_ = hook_ != nullptr;
  }
  /// From the n-th call that changes the file on, counted from 1, nothing is changed and all calls
  /// fail, as for a process that was killed. That call itself writes `bytes` of its bytes.
  void crashAt(uint64_t n, uint64_t bytes = 0) {
    onCall([n, bytes, mutations = uint64_t{0}](const IoCall& call) mutable {
      if (mutations < n && call.isMutating()) {
        ++mutations;
        if (mutations == n) return IoFault{IoError::kOther, bytes};
      }
      // Locks are free, so that no tier waits for them.
      const bool fails = mutations >= n && call.kind != IoCall::Kind::kLock;
      return IoFault{fails ? IoError::kOther : IoError::kNone, 0};
    });
  }
  void recover() { onCall(nullptr); }
  /// Writes that would make the file larger than this have no room.
  void setCapacity(uint64_t bytes) { capacity_ = bytes; }
  void setReadOnly(bool isReadOnly) { isReadOnly_ = isReadOnly; }
  /// Reads and writes are made in pieces of 64 bytes, between which those of other threads may
  /// come.
  void setTorn(bool isTorn) { isTorn_ = isTorn; }
  void unlink() {
    const std::lock_guard<std::mutex> lock(mutex_);
    content_ = nullptr;
  }
  /// The bytes of the file in its place; empty where there is none.
  std::string bytes() {
    const std::shared_ptr<Content> content = this->content();
    if (content == nullptr) return {};
    const std::lock_guard<std::mutex> lock(content->mutex);
    return content->bytes;
  }
  /// Makes a file with these bytes, or replaces those of the file that is there.
  void setBytes(std::string bytes) { create()->bytes = std::move(bytes); }
  template <typename Change>
  void change(Change&& change) {
    const std::shared_ptr<Content> content = this->content();
    if (content == nullptr) return;
    const std::lock_guard<std::mutex> lock(content->mutex);
    change(content->bytes);
  }
  uint64_t peakBytes() const { return peakBytes_; }

  std::unique_ptr<RingFolder> openFolder();

 private:
  friend class MemoryRingFile;
  friend class MemoryRingFolder;

  std::shared_ptr<Content> content() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return content_;
  }
  std::shared_ptr<Content> create() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (content_ == nullptr) {
      content_ = std::make_shared<Content>();
      content_->identity = {1, ++lastIndex_};
    }
    return content_;
  }
  IoFault faultOf(const IoCall& call) {
    if (!hasHook_) return {};
    const std::lock_guard<std::mutex> lock(hookMutex_);
    return hook_ ? hook_(call) : IoFault{};
  }
  uint64_t pieceBytes() const { return isTorn_ ? 64 : UINT64_MAX; }
  void noteSize(uint64_t bytes) {
    if (bytes > peakBytes_) peakBytes_ = bytes;
  }

  std::mutex mutex_;
  std::shared_ptr<Content> content_;
  uint64_t lastIndex_ = 0;
  std::mutex hookMutex_;
  Hook hook_;
  std::atomic<bool> hasHook_{false};
  std::atomic<uint64_t> capacity_{UINT64_MAX};
  std::atomic<uint64_t> peakBytes_{0};
  std::atomic<bool> isReadOnly_{false};
  std::atomic<bool> isTorn_{false};
};

class MemoryRingFile final : public RingFile {
 public:
  MemoryRingFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Content> content)
      : disk_(disk), content_(std::move(content)), isReadOnly_(disk.isReadOnly_) {}
  ~MemoryRingFile() override { unlock(); }
  MemoryRingFile(const MemoryRingFile&) = delete;
  MemoryRingFile& operator=(const MemoryRingFile&) = delete;

  IoResult read(uint64_t at, MutableBytes to) const override {
    const IoFault fault = disk_.faultOf({IoCall::Kind::kRead, at, to.size});
    if (fault.error != IoError::kNone) return {0, fault.error};
    return {copyOut(at, to), IoError::kNone};
  }

  IoResult write(uint64_t at, std::string_view bytes) override {
    if (isReadOnly_) return {0, IoError::kDenied};
    const IoFault fault = disk_.faultOf({IoCall::Kind::kWrite, at, bytes.size()});
    if (fault.error != IoError::kNone) bytes = wholeBlocks(at, bytes.substr(0, fault.bytes));
    const uint64_t piece = disk_.pieceBytes();
    uint64_t written = 0;
    while (written < bytes.size()) {
      const std::lock_guard<std::mutex> lock(content_->mutex);
      std::string& content = content_->bytes;
      const uint64_t from = at + written;
      uint64_t some = std::min(piece, bytes.size() - written);
      if (from + some > content.size()) {
        const uint64_t room = std::max<uint64_t>(disk_.capacity_, content.size());
        some = from < room ? std::min(some, room - from) : 0;
        if (some == 0) return {written, IoError::kNoSpace};
        if (from + some > content.size()) content.resize(from + some);
        disk_.noteSize(content.size());
      }
      std::memcpy(content.data() + from, bytes.data() + written, some);
      written += some;
    }
    return {written, fault.error};
  }

  IoError resize(uint64_t bytes) override {
    if (isReadOnly_) return IoError::kDenied;
    const IoFault fault = disk_.faultOf({IoCall::Kind::kResize, bytes, 0});
    if (fault.error != IoError::kNone) return fault.error;
    const std::lock_guard<std::mutex> lock(content_->mutex);
    if (bytes > content_->bytes.size() && bytes > disk_.capacity_) return IoError::kNoSpace;
    content_->bytes.resize(bytes);
    disk_.noteSize(bytes);
    return IoError::kNone;
  }

  IoError sync() override { return disk_.faultOf({IoCall::Kind::kSync}).error; }

  IoError size(uint64_t& bytes) const override {
    const IoFault fault = disk_.faultOf({IoCall::Kind::kSize});
    if (fault.error != IoError::kNone) return fault.error;
    const std::lock_guard<std::mutex> lock(content_->mutex);
    bytes = content_->bytes.size();
    return IoError::kNone;
  }

  FileIdentity identity() const override { return content_->identity; }
  bool isReadOnly() const override { return isReadOnly_; }

  Lock tryLock() override {
    if (disk_.faultOf({IoCall::Kind::kLock}).error != IoError::kNone) return Lock::kBusy;
    const std::lock_guard<std::mutex> lock(content_->mutex);
    if (content_->lockedBy != nullptr) return Lock::kBusy;
    content_->lockedBy = this;
    return Lock::kHeld;
  }
  void unlock() override {
    const std::lock_guard<std::mutex> lock(content_->mutex);
    if (content_->lockedBy == this) content_->lockedBy = nullptr;
  }

 private:
  static std::string_view wholeBlocks(uint64_t at, std::string_view bytes) {
    const uint64_t end = (at + bytes.size()) / kBlockBytes * kBlockBytes;
    return bytes.substr(0, end > at ? end - at : 0);
  }

  uint64_t copyOut(uint64_t at, MutableBytes to) const {
    const uint64_t piece = disk_.pieceBytes();
    uint64_t done = 0;
    while (done < to.size) {
      const std::lock_guard<std::mutex> lock(content_->mutex);
      const std::string& content = content_->bytes;
      if (at + done >= content.size()) break;
      const uint64_t some = std::min<uint64_t>({piece, to.size - done, content.size() - at - done});
      std::memcpy(to.data + done, content.data() + at + done, some);
      done += some;
    }
    return done;
  }

  MemoryDisk& disk_;
  const std::shared_ptr<MemoryDisk::Content> content_;
  const bool isReadOnly_;
};

class MemoryRingFolder final : public RingFolder {
 public:
  explicit MemoryRingFolder(MemoryDisk& disk) : disk_(disk) {}

  FolderTrouble prepare(bool& /*removedEarlier*/) override {
    return troubleOf({IoCall::Kind::kPrepare});
  }
  std::unique_ptr<RingFile> openRing(Open how, FolderTrouble& trouble) override {
    trouble = troubleOf({IoCall::Kind::kOpen});
    if (trouble) return nullptr;
    std::shared_ptr<MemoryDisk::Content> content =
        how == Open::kCreate ? disk_.create() : disk_.content();
    if (content == nullptr) return nullptr;
    return std::make_unique<MemoryRingFile>(disk_, std::move(content));
  }
  std::optional<FileIdentity> ringIdentity() const override {
    const std::shared_ptr<MemoryDisk::Content> content = disk_.content();
    if (content == nullptr) return std::nullopt;
    return content->identity;
  }
  std::string path() const override { return path_; }

 private:
  FolderTrouble troubleOf(const IoCall& call) {
    if (disk_.faultOf(call).error == IoError::kNone) return {};
    return {FolderTrouble::Kind::kFailed, "The folder fails."};
  }

  MemoryDisk& disk_;
  const std::string path_ = "memory";
};

inline std::unique_ptr<RingFolder> MemoryDisk::openFolder() {
  return std::make_unique<MemoryRingFolder>(*this);
}

}  // namespace ebbcache::test
