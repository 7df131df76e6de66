// Finding the memory cgroup of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memory/snapshot.h"

namespace ebbcache {

enum class CgroupVersion : uint8_t { kV1, kV2 };

/// Where the memory controller keeps the files of this process's group.
struct CgroupPlace {
  CgroupVersion version = CgroupVersion::kV2;
  /// The group's path as /proc/self/cgroup gives it, e.g. "/system.slice/web.service".
  std::string path;
  /// The folder of the group, then that of each ancestor up to the mount point. Never empty.
  std::vector<std::string> folders;
};

/// Reads <proc>/self/cgroup and looks for the folders. Leaves `out` empty where no hierarchy that
/// could carry the memory controller is in sight; false, with a sentence in `error`, when the
/// files cannot be read.
bool discoverCgroup(const MemoryRoots& roots, std::optional<CgroupPlace>& out, std::string& error);

}  // namespace ebbcache
