// The folder of a disk tier, and the files in it:
//
//   <dir>/cache.ring   the ring: index and entries, see ring_layout.h
//   <dir>/leases       empty; processes that make a value lock a byte of it, see leases.h
//
// In a folder that anybody may write to, the files are in a private folder, <dir>/ebbcache-<user>.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "disk/ring_file.h"

namespace ebbcache {

// The names of files in that folder.
inline const char* const kRingName = "/cache.ring";
inline const char* const kLeasesName = "/leases";

/// The reason why a folder or a file of it cannot be used, with a sentence that says what to do.
struct FolderTrouble {
  enum class Kind : uint8_t {
    kNone,
    /// It belongs to another user, or may not be read or made.
    kDenied,
    /// It is on a network file system, or on one without locks: processes would not see what others
    /// write.
    kUnshareable,
    /// Any other error of the system, such as an invalid name.
    kFailed,
  };

  Kind kind = Kind::kNone;
  std::string sentence;

  explicit operator bool() const { return kind != Kind::kNone; }
};

/// Tests give the tier folders whose files fail. Any thread may ask for identity and path; one
/// thread at a time may make the other calls.
class RingFolder {
 public:
  RingFolder() = default;
  virtual ~RingFolder() = default;
  RingFolder(const RingFolder&) = delete;
  RingFolder& operator=(const RingFolder&) = delete;

  /// Makes the folder where it does not exist, for this user only, with the folders above it.
  /// Checks that it can be used, and removes the files of an earlier version of this package:
  /// `removedEarlier` is set then. It may be called again, after the folder was removed.
  virtual FolderTrouble prepare(bool& removedEarlier) = 0;

  enum class Open : uint8_t { kExisting, kCreate };
  /// Opens the ring for reading and writing, or where that is not allowed, for reading only.
  /// Returns null, without trouble, where there is no file and `how` is kExisting, and null with
  /// trouble on errors. A file that is made is empty, and only its user's. prepare() MUST come
  /// first.
  virtual std::unique_ptr<RingFile> openRing(Open how, FolderTrouble& trouble) = 0;
  /// The identity of the file that is at the ring's path now; none where there is no file.
  virtual std::optional<FileIdentity> ringIdentity() const = 0;
  /// The folder in use: the private one, if there is one, once prepare() found no trouble.
  virtual std::string path() const = 0;
};

std::unique_ptr<RingFolder> openRingFolder(const std::string& dir);

}  // namespace ebbcache
