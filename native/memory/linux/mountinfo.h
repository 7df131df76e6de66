// /proc/self/mountinfo.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebbcache {

struct Mount {
  /// The folder of the file system that is mounted, e.g. "/docker/4bd2" of a hierarchy of cgroups.
  std::string root;
  /// Where it is mounted.
  std::string point;
  /// E.g. "cgroup2".
  std::string type;
  /// Options of the file system, e.g. "rw,memory".
  std::string superOptions;
};

/// The mounts in the order of the text. Lines that make no sense are left out.
std::vector<Mount> parseMountinfo(std::string_view text);

}  // namespace ebbcache
