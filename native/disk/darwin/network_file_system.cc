#include "disk/posix/network_file_system.h"

#include <sys/mount.h>
#include <sys/param.h>

namespace ebbcache {

std::string networkFileSystemOf(const std::string& folder) {
  struct statfs found = {};
  if (::statfs(folder.c_str(), &found) != 0 || (found.f_flags & MNT_LOCAL) != 0) return {};
  return found.f_fstypename;
}

}  // namespace ebbcache
