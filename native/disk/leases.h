// Leases between processes: the process that makes the value of a key holds a lock on one byte of a
// file, at the key's hash. The system releases it when the process ends, however that comes about.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace ebbcache {

/// The byte locks of one open file. They exclude those of other open files, in this process too
/// where the system can do that. Not thread-safe.
class ByteLocks {
 public:
  ByteLocks() = default;
  virtual ~ByteLocks() = default;
  ByteLocks(const ByteLocks&) = delete;
  ByteLocks& operator=(const ByteLocks&) = delete;

  enum class Result : uint8_t { kHeld, kBusy, kFailed };
  /// Never waits. `at` MUST be less than 2^62.
  virtual Result tryLock(uint64_t at) = 0;
  virtual void unlock(uint64_t at) = 0;
  /// Whether the path leads to this file now.
  virtual bool isAt(const std::string& path) const = 0;

  /// Opens the file, or makes an empty one that only its user may read and write. It follows no
  /// symbolic link. Null where that fails.
  static std::unique_ptr<ByteLocks> open(const std::string& path);
};

/// Thread-safe.
class Leases {
 public:
  enum class Result : uint8_t {
    kHeld,
    /// Another process, or another holder in this one, has the lease.
    kBusy,
    /// There are no leases: all callers go on without.
    kUnavailable,
  };

  explicit Leases(std::string path) : path_(std::move(path)) {}

  /// Never waits and never throws. The file is opened with the first lease, and again where it
  /// failed or was removed; leases that are held stay in the old one.
  Result acquire(uint64_t keyHash) noexcept;
  /// Releases a lease that acquire() returned as held.
  void release(uint64_t keyHash) noexcept;

 private:
  /// Opens the file for the next lease where that is needed; locks_ is null where it fails.
  void openLocks();

  const std::string path_;
  std::mutex mutex_;
  std::shared_ptr<ByteLocks> locks_;
  /// The byte of each lease that is held, and the file in which it is locked.
  std::unordered_map<uint64_t, std::shared_ptr<ByteLocks>> held_;
};

}  // namespace ebbcache
