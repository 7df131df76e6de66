// Leases between processes: who makes the value of a key holds a lock on one byte of a file, at the
// key's hash. The system releases it when its process ends, however that comes about.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace ebbcache {

/// The byte locks of one open file, which exclude those of other open files, of this process too
/// where the system can. Not for several threads at once.
class ByteLocks {
 public:
  ByteLocks() = default;
  virtual ~ByteLocks() = default;
  ByteLocks(const ByteLocks&) = delete;
  ByteLocks& operator=(const ByteLocks&) = delete;

  enum class Result : uint8_t { kHeld, kBusy, kFailed };
  /// Never waits. `at` is less than 2^62.
  virtual Result tryLock(uint64_t at) = 0;
  virtual void unlock(uint64_t at) = 0;
  /// Whether it is this file that is at the path now.
  virtual bool isAt(const std::string& path) const = 0;

  /// Opens the file, or makes an empty one that its user alone may read and write; a symbolic link
  /// is not followed. Null where that fails.
  static std::unique_ptr<ByteLocks> open(const std::string& path);
};

/// Thread-safe.
class Leases {
 public:
  enum class Result : uint8_t {
    kHeld,
    /// Another process, or another holder in this one, has it.
    kBusy,
    /// There are no leases to be had: everybody goes on without.
    kUnavailable,
  };

  explicit Leases(std::string path) : path_(std::move(path)) {}

  /// Never waits and never throws. The file is opened with the first lease, and anew when it failed
  /// or was removed; a lease that is held then goes on in the old one.
  Result acquire(uint64_t keyHash) noexcept;
  /// Gives up a lease that acquire() gave as held.
  void release(uint64_t keyHash) noexcept;

 private:
  /// Those that the next lease is in; null where there are none.
  void openLocks();

  const std::string path_;
  std::mutex mutex_;
  std::shared_ptr<ByteLocks> locks_;
  /// The byte of each lease, and the file that it is locked in.
  std::unordered_map<uint64_t, std::shared_ptr<ByteLocks>> held_;
};

}  // namespace ebbcache
