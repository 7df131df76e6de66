// The sentences about a folder that cannot be used, or a file in it: the same on all systems.
#pragma once

#include <string>

#include "disk/ring_folder.h"

namespace ebbcache {

FolderTrouble notAFolder(const std::string& path);
FolderTrouble notAPlainFile(const std::string& path);
/// `owner` and `user` are user ids.
FolderTrouble otherUsers(const std::string& path, const std::string& owner,
                         const std::string& user);
FolderTrouble onNetwork(const std::string& path, const std::string& fileSystem);
FolderTrouble withoutLocks(const std::string& path);

/// A refusal by the system: its reason, and the advice for the user.
struct Refusal {
  FolderTrouble::Kind kind = FolderTrouble::Kind::kFailed;
  std::string reason;
  std::string advice;
};

inline const char* const kAnotherFolder = "Choose another folder.";
inline const char* const kMoreRoom = "Make room on its disk, or choose another folder.";
inline const char* const kFewerOpenFiles = "Raise the limit of open files.";

FolderTrouble notMade(const std::string& path, const Refusal& refusal);
FolderTrouble notOpened(const std::string& path, const Refusal& refusal);

}  // namespace ebbcache
