// The file of a ring: reads and writes at offsets. It is never mapped, so that damage, a failing
// disk and a file that is cut cause errors and short reads, and no signals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ebbcache {

/// The reason why a call on a file did less than it was asked.
enum class IoError : uint8_t {
  kNone,
  /// The disk, a quota or the limit of a file's size leaves no room.
  kNoSpace,
  /// The file or its file system may not be written to.
  kDenied,
  kOther,
};

struct IoResult {
  /// The number of bytes read or written. A read without an error that is short ended at the file's
  /// end.
  uint64_t bytes = 0;
  IoError error = IoError::kNone;
};

/// Tells a file from another one that took its place.
struct FileIdentity {
  uint64_t volume = 0;
  uint64_t index = 0;

  friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
    return a.volume == b.volume && a.index == b.index;
  }
  friend bool operator!=(const FileIdentity& a, const FileIdentity& b) { return !(a == b); }
};

struct MutableBytes {
  char* data = nullptr;
  size_t size = 0;
};

/// Any threads may read at once, also while one thread writes. Calls that a signal interrupts, and
/// calls that the system serves in part, are continued.
class RingFile {
 public:
  RingFile() = default;
  virtual ~RingFile() = default;
  RingFile(const RingFile&) = delete;
  RingFile& operator=(const RingFile&) = delete;

  virtual IoResult read(uint64_t at, MutableBytes to) const = 0;
  virtual IoResult write(uint64_t at, std::string_view bytes) = 0;
  /// Cuts the file, or extends it with zeros to end at `bytes`.
  virtual IoError resize(uint64_t bytes) = 0;
  /// Returns once all that was written is on the disk itself.
  virtual IoError sync() = 0;
  virtual IoError size(uint64_t& bytes) const = 0;
  virtual FileIdentity identity() const = 0;
  /// Whether the file was opened for reading only.
  virtual bool isReadOnly() const = 0;

  // The lock of the writers, which is on the file itself, so that all writers of one file share one
  // lock. It excludes other RingFiles of the same file in this process too, and ends with the
  // process.

  enum class Lock : uint8_t { kHeld, kBusy, kFailed };
  /// Never waits.
  virtual Lock tryLock() = 0;
  virtual void unlock() = 0;
};

}  // namespace ebbcache
