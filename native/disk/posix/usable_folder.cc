#include "disk/posix/usable_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "disk/posix/network_file_system.h"
#include "files/posix/plain_file.h"

namespace ebbcache {
namespace {

/// Returns 0, or errno.
int makeFolder(const std::string& path) {
  return ::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST ? 0 : errno;
}

/// Makes the folders above it too.
int makeFolders(const std::string& path) {
  const int error = makeFolder(path);
  if (error != ENOENT) return error;
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return error;
  const size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos || slash == 0) return error;
  const int errorAbove = makeFolders(path.substr(0, slash));
  return errorAbove != 0 ? errorAbove : makeFolder(path);
}

FolderTrouble findPrivateFolder(const std::string& dir, const struct stat& above,
                                std::string& usable) {
  usable = dir + "/ebbcache-" + std::to_string(::geteuid());
  const int error = makeFolder(usable);
  struct stat found = {};
  // Links are not followed, as another user may have made them.
  if (::lstat(usable.c_str(), &found) != 0) {
    const bool isClosed = isDenied(error) && above.st_uid != ::geteuid();
    return isClosed ? otherUsers(dir, above.st_uid)
                    : notMade(usable, refusalOf(error != 0 ? error : errno));
  }
  if (!S_ISDIR(found.st_mode)) return notAFolder(usable);
  if (found.st_uid != ::geteuid()) return otherUsers(usable, found.st_uid);
  // Some file systems have one mode for all files: those in the folder have an owner all the same.
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) (void)::chmod(usable.c_str(), S_IRWXU);
  return {};
}

}  // namespace

FolderTrouble findUsableFolder(const std::string& dir, std::string& usable) {
  if (dir.find('\0') != std::string::npos) return notAFolder(dir.substr(0, dir.find('\0')) + "\\0");
  const int error = makeFolders(dir);
  struct stat found = {};
  if (::stat(dir.c_str(), &found) != 0) {
    return notMade(dir, refusalOf(error != 0 ? error : errno));
  }
  if (!S_ISDIR(found.st_mode)) return notAFolder(dir);
  const std::string network = networkFileSystemOf(dir);
  if (!network.empty()) return onNetwork(dir, network);
  const bool isPrivate = found.st_uid == ::geteuid() && (found.st_mode & S_IWOTH) == 0;
  if (!isPrivate) return findPrivateFolder(dir, found, usable);
  usable = dir;
  return {};
}

Refusal refusalOf(int error) {
  using Kind = FolderTrouble::Kind;
  const std::string reason = reasonOf(error);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return {Kind::kDenied, reason, kAnotherFolder};
    case ENOSPC:
    case EDQUOT:
      return {Kind::kFailed, reason, kMoreRoom};
    case EMFILE:
    case ENFILE:
      return {Kind::kFailed, reason, kFewerOpenFiles};
    default:
      return {Kind::kFailed, reason, kAnotherFolder};
  }
}

bool isDenied(int error) {
  return refusalOf(error).kind == FolderTrouble::Kind::kDenied;
}

FolderTrouble otherUsers(const std::string& path, uid_t owner) {
  return otherUsers(path, std::to_string(owner), std::to_string(::geteuid()));
}

}  // namespace ebbcache
