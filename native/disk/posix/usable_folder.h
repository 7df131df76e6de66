// Finding the folder that the files can be in without a stranger among those who write there.
#pragma once

#include <sys/types.h>

#include <string>

#include "disk/folder_sentences.h"

namespace ebbcache {

/// Makes `dir` where it is not there, and gives in `usable` either that, or where others may write
/// to it too, a private folder of this user in it.
FolderTrouble findUsableFolder(const std::string& dir, std::string& usable);

/// What errno says, and what can be done about it.
Refusal refusalOf(int error);
bool isDenied(int error);

/// For what belongs to `owner` and not to this user.
FolderTrouble otherUsers(const std::string& path, uid_t owner);

}  // namespace ebbcache
