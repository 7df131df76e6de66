// Finds the folder for the files: one in which no other user may write.
#pragma once

#include <sys/types.h>

#include <string>

#include "disk/folder_sentences.h"

namespace ebbcache {

/// Makes `dir` where it does not exist. `usable` becomes `dir`, or where others may write to that
/// too, a private folder of this user in it.
FolderTrouble findUsableFolder(const std::string& dir, std::string& usable);

/// The text of errno, and the advice for the user.
Refusal refusalOf(int error);
bool isDenied(int error);

/// The refusal of a path that belongs to `owner` and not to this user.
FolderTrouble otherUsers(const std::string& path, uid_t owner);

}  // namespace ebbcache
