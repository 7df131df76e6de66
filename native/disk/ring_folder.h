// The folder of a disk tier, and the files in it:
//
//   <dir>/cache.ring   the ring: index and entries, see ring_layout.h
//   <dir>/leases       empty; byte ranges of it are locked by those who make a value, see leases.h
//
// A folder that anybody may write to is used by way of a private one in it, <dir>/ebbcache-<user>.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "disk/ring_file.h"

namespace ebbcache {

// In that folder.
inline const char* const kRingName = "/cache.ring";
inline const char* const kLeasesName = "/leases";

/// Why a folder or a file of it cannot be used, with a sentence that says what to do.
struct FolderTrouble {
  enum class Kind : uint8_t {
    kNone,
    /// It belongs to another user, or may not be read or made.
    kDenied,
    /// A network file system, or one without locks: processes would not see what others write.
    kUnshareable,
    /// Anything else that the system says, such as a name that is no folder's.
    kFailed,
  };

  Kind kind = Kind::kNone;
  std::string sentence;

  explicit operator bool() const { return kind != Kind::kNone; }
};

/// Tests give the tier one whose files fail. Any thread may ask for identity and path; all else is
/// for one thread at a time.
class RingFolder {
 public:
  RingFolder() = default;
  virtual ~RingFolder() = default;
  RingFolder(const RingFolder&) = delete;
  RingFolder& operator=(const RingFolder&) = delete;

  /// Makes the folder where it is not there, for this user alone, with the folders above it; checks
  /// that it can be used, and removes what an earlier version of this package left in it: then
  /// `removedEarlier` is set. May be called again, after the folder was removed.
  virtual FolderTrouble prepare(bool& removedEarlier) = 0;

  enum class Open : uint8_t { kExisting, kCreate };
  /// For reading and writing, or where that is not allowed for reading alone. Null where there is
  /// none and `how` is kExisting, with no trouble, and null with trouble. A file that is made is
  /// empty, and its user's alone. prepare() comes first.
  virtual std::unique_ptr<RingFile> openRing(Open how, FolderTrouble& trouble) = 0;
  /// The identity of the file that is at the ring's path now; none where no file is there.
  virtual std::optional<FileIdentity> ringIdentity() const = 0;
  /// The folder in use: the private one, if there is one, once prepare() found no trouble.
  virtual std::string path() const = 0;
};

std::unique_ptr<RingFolder> openRingFolder(const std::string& dir);

}  // namespace ebbcache
