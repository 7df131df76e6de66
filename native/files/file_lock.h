// A lock between processes, on a file that is there for nothing else. The system takes it back when
// the process ends, however that comes about, so it is never left behind.
#pragma once

#include <cstdint>
#include <string>

namespace ebbcache {

enum class LockKind { kShared, kExclusive };

enum class LockResult {
  kHeld,
  /// Another holds one that does not go with it.
  kBusy,
  /// Not to be had on this file, e.g. on a file system without locks.
  kFailed,
};

/// Not for several threads at once. Each object excludes all others, of its process too.
///
/// Nobody may remove the file: who opens it then makes a new one, which has locks of its own.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { close(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Opens the file, or makes an empty one that its user alone may read and write (on Windows, as
  /// its folder says). False, and the system's reason in `why`, if that fails or it is no plain
  /// file: a symbolic link is not followed. Closes what was open before.
  bool open(const std::string& path, std::string& why);

  bool isOpen() const { return file_ != kNone; }

  /// Never waits. Holds the lock of this kind afterwards, in place of one of the other kind, or
  /// none: a lock is given up before the other is taken. So another may take its own between the
  /// two, and what was read under a shared lock may be out of date under the exclusive one that
  /// follows it; and of two that both hold a shared lock and ask for the exclusive one, both may
  /// lose. Only a lock of the kind that is held already is kept all along. For kFailed the reason
  /// is in `why`.
  LockResult tryLock(LockKind kind, std::string& why);

  /// Gives the lock up and closes the file.
  void close();

 private:
  /// The system's descriptor or handle, both of which have -1 for none.
  static constexpr intptr_t kNone = -1;

  intptr_t file_ = kNone;
  /// What is held, if any is.
  bool isHeld_ = false;
  LockKind held_ = LockKind::kShared;
};

}  // namespace ebbcache
