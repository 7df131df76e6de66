#include "disk/own_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ebbcache {

FoundFile findFile(const std::string& path) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? FoundFile::kNone : FoundFile::kOther;
  }
  return S_ISREG(found.st_mode) && found.st_uid == ::geteuid() ? FoundFile::kOwn
                                                               : FoundFile::kOther;
}

bool removeFile(const std::string& path) {
  return ::unlink(path.c_str()) == 0;
}

}  // namespace ebbcache
