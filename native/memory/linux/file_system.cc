#include "memory/linux/file_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace ebbcache {
namespace {

/// The type of f_type differs from system to system.
bool has(const struct statfs& status, unsigned long magic) {
  return static_cast<unsigned long>(status.f_type) == magic;
}

}  // namespace

bool isOnCgroup2(const std::string& path) {
  struct statfs status {};
  return ::statfs(path.c_str(), &status) == 0 && has(status, CGROUP2_SUPER_MAGIC);
}

bool isKernelFile(int descriptor) {
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) return false;
  return has(status, CGROUP2_SUPER_MAGIC) || has(status, PROC_SUPER_MAGIC);
}

bool isOnKernelFileSystem(int descriptor) {
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) return false;
  return has(status, CGROUP_SUPER_MAGIC) || has(status, CGROUP2_SUPER_MAGIC) ||
         has(status, PROC_SUPER_MAGIC);
}

}  // namespace ebbcache
