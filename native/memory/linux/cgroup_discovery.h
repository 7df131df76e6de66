// The search for the cgroups of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memory/snapshot.h"

namespace ebbcache {

enum class CgroupVersion : uint8_t { kV1, kV2 };

/// The folders in which a hierarchy keeps the files of this process's group.
struct CgroupPlace {
  CgroupVersion version = CgroupVersion::kV2;
  /// The group's path as /proc/self/cgroup gives it, e.g. "/system.slice/web.service".
  std::string path;
  /// The folder of the group, then that of each ancestor up to the mount point; never empty.
  std::vector<std::string> folders;

  bool operator==(const CgroupPlace& other) const {
    return version == other.version && path == other.path && folders == other.folders;
  }
};

struct CgroupPlaces {
  /// The places in the hierarchy that has the memory controller. Absent where no such hierarchy is
  /// in sight.
  std::optional<CgroupPlace> memory;
  /// The path of the group's memory.pressure in v2, which reports its stalls whichever hierarchy
  /// has the memory controller. Empty where the group is the whole machine. The file need not
  /// exist.
  std::string pressureFile;
};

/// Finds the folders of the groups that `membership`, the text of <proc>/self/cgroup, names.
CgroupPlaces findCgroups(const MemoryRoots& roots, std::string_view membership);

/// Reads <proc>/self/cgroup and finds the folders. Returns false, with a sentence in `error` and
/// `out` untouched, where the files cannot be read.
bool discoverCgroup(const MemoryRoots& roots, CgroupPlaces& out, std::string& error);

}  // namespace ebbcache
