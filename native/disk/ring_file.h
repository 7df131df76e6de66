// The file of a ring, as the ring uses it: reads and writes at offsets. It is never mapped, so that
// damage, a disk that fails and a file that is cut are errors and short reads, and no signals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ebbcache {

/// Why a call on a file came to less than was asked.
enum class IoError : uint8_t {
  kNone,
  /// The disk, a quota or the limit of a file's size leaves no room.
  kNoSpace,
  /// The file or its file system may not be written to.
  kDenied,
  kOther,
};

struct IoResult {
  /// Read or written in full; a read that has none of IoError's reasons ended at the file's end.
  uint64_t bytes = 0;
  IoError error = IoError::kNone;
};

/// What tells one file from another that took its place.
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

/// Reads may be made by any threads at once, also while one thread writes. The calls that a signal
/// interrupts and those that the system serves in part go on.
class RingFile {
 public:
  RingFile() = default;
  virtual ~RingFile() = default;
  RingFile(const RingFile&) = delete;
  RingFile& operator=(const RingFile&) = delete;

  virtual IoResult read(uint64_t at, MutableBytes to) const = 0;
  virtual IoResult write(uint64_t at, std::string_view bytes) = 0;
  /// Cuts the file, or has it end at `bytes` with zeros before.
  virtual IoError resize(uint64_t bytes) = 0;
  /// Returns once all that was written is on the disk itself.
  virtual IoError sync() = 0;
  virtual IoError size(uint64_t& bytes) const = 0;
  virtual FileIdentity identity() const = 0;
  /// Whether the file was opened for reading alone.
  virtual bool isReadOnly() const = 0;

  // The lock of those who write, on the file itself, so that whoever writes to one file has one
  // lock. It excludes other RingFiles of the same file in this process too, and ends with the
  // process.

  enum class Lock : uint8_t { kHeld, kBusy, kFailed };
  /// Never waits.
  virtual Lock tryLock() = 0;
  virtual void unlock() = 0;
};

}  // namespace ebbcache
