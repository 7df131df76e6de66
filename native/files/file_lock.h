// A lock between processes, on a file that has no other purpose. The system releases it when the
// process ends, however that comes about, so it is never left behind.
#pragma once

#include <cstdint>
#include <string>

namespace ebbcache {

enum class LockKind { kShared, kExclusive };

enum class LockResult {
  kHeld,
  /// Another object holds a lock that excludes this one.
  kBusy,
  /// The file cannot be locked, e.g. on a file system without locks.
  kFailed,
};

/// It is not thread-safe. Each object excludes all others, those of its own process too.
///
/// Nobody may remove the file: whoever opens the path then makes a new file, which has locks of its
/// own.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { close(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Opens the file, or makes an empty one that only its user may read and write (on Windows, as
  /// its folder says). Returns false, with the system's reason in `why`, if that fails or it is no
  /// plain file: a symbolic link is not followed. Closes the file that was open before.
  bool open(const std::string& path, std::string& why);

  bool isOpen() const { return file_ != kNone; }

  /// Never waits. On kHeld this object has a lock of this kind, in place of one of the other kind;
  /// else it has none. A lock is released before the other kind is taken. So another process may
  /// take its own between the two, and what was read under a shared lock may be out of date under
  /// the exclusive one that follows it; and of two that hold a shared lock and ask for the
  /// exclusive one, both may fail. Only a lock of the kind that is held already is held throughout.
  /// For kFailed the reason is in `why`.
  LockResult tryLock(LockKind kind, std::string& why);

  /// Releases the lock and closes the file.
  void close();

 private:
  /// The system's descriptor or handle; -1 is none for both.
  static constexpr intptr_t kNone = -1;

  intptr_t file_ = kNone;
  /// The kind of the lock that is held, if any is.
  bool isHeld_ = false;
  LockKind held_ = LockKind::kShared;
};

}  // namespace ebbcache
