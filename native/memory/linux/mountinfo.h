// /proc/self/mountinfo.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebbcache {

struct Mount {
  /// The folder of the file system that is mounted, e.g. "/docker/4bd2" of a hierarchy of cgroups.
  std::string root;
  /// The folder on which it is mounted.
  std::string point;
  /// The type of the file system, e.g. "cgroup2".
  std::string type;
  /// The options of the file system, e.g. "rw,memory".
  std::string superOptions;
};

/// Parses the mounts in the order of the text, and leaves malformed lines out.
std::vector<Mount> parseMountinfo(std::string_view text);

}  // namespace ebbcache
