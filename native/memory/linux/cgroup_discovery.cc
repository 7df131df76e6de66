#include "memory/linux/cgroup_discovery.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "memory/linux/file_system.h"
#include "memory/linux/mountinfo.h"
#include "memory/linux/reopening_file.h"
#include "memory/linux/text.h"

namespace ebbcache {
namespace {

/// The paths of the groups that this process is in.
struct Memberships {
  std::optional<std::string_view> memoryV1;
  std::optional<std::string_view> v2;
};

bool listContains(std::string_view list, std::string_view name) {
  while (true) {
    const size_t comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Lines have the form "number:controllers:path"; that of v2 is "0::path".
Memberships findMemberships(std::string_view text) {
  Memberships found;
  std::string_view line;
  while (nextLine(text, line)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view number = line.substr(0, first);
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (!found.memoryV1 && listContains(controllers, "memory")) found.memoryV1 = path;
    if (number == "0" && controllers.empty()) found.v2 = path;
  }
  return found;
}

/// Controllers that are mounted together have one folder, e.g. <root>/cpu,memory.
std::string findCombinedMount(const std::string& root) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(root.c_str()), ::closedir);
  if (!folder) return {};
  while (const dirent* const entry = ::readdir(folder.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (!listContains(name, "memory")) continue;
    std::string path = root + "/";
    if (isDirectory(path.append(name))) return path;
  }
  return {};
}

/// A hierarchy that this process sees.
struct Hierarchy {
  std::string mountPoint;
  /// The group that is mounted there, where it is known; else "/".
  std::string root = "/";
};

std::vector<Hierarchy> findListedHierarchies(const std::string& proc, CgroupVersion version) {
  std::vector<Hierarchy> found;
  std::string text;
  std::string error;
  if (readWholeFile(proc + "/self/mountinfo", text, error) != FileResult::kRead) return found;
  for (Mount& mount : parseMountinfo(text)) {
    const bool isWanted =
        version == CgroupVersion::kV2
            ? mount.type == "cgroup2"
            : mount.type == "cgroup" && listContains(mount.superOptions, "memory");
    if (isWanted) found.push_back({std::move(mount.point), std::move(mount.root)});
  }
  return found;
}

/// Distributions and containers mount it there.
std::vector<Hierarchy> findUsualHierarchies(const MemoryRoots& roots, CgroupVersion version) {
  if (version == CgroupVersion::kV1) {
    return {{roots.cgroup + "/memory"}, {findCombinedMount(roots.cgroup)}};
  }
  // In a hybrid setup the root is a tmpfs that has the v2 hierarchy as one folder of many.
  const bool rootIsGroup = ::access((roots.cgroup + "/cgroup.procs").c_str(), F_OK) == 0;
  return {{rootIsGroup ? roots.cgroup : roots.cgroup + "/unified"}};
}

std::vector<std::string_view> splitPath(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") names.push_back(name);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return names;
}

/// Whether the group of `path` is the one that is mounted, or a descendant of it.
bool isBelow(std::string_view root, std::string_view path) {
  const std::vector<std::string_view> names = splitPath(path);
  const std::vector<std::string_view> above = splitPath(root);
  return above.size() <= names.size() && std::equal(above.begin(), above.end(), names.begin());
}

/// The names of `path` below the group that is mounted. Where a container sees the host's path but
/// mounts only its own part of the hierarchy, the first names of the path are missing.
std::vector<std::string_view> namesBelow(std::string_view root, std::string_view path) {
  std::vector<std::string_view> names = splitPath(path);
  if (isBelow(root, path)) {
    names.erase(names.begin(), names.begin() + static_cast<ptrdiff_t>(splitPath(root).size()));
  }
  return names;
}

/// The folders from that of `path` up to the mount point. Names that the mount lacks are dropped
/// from the front one by one until the folder exists; the last resort is the mount point.
std::vector<std::string> findFolders(const Hierarchy& hierarchy, std::string_view path) {
  std::vector<std::string_view> names = namesBelow(hierarchy.root, path);
  for (const std::string_view name : names) {
    // The group is outside of this cgroup namespace.
    if (name == "..") return {hierarchy.mountPoint};
  }
  while (true) {
    std::vector<std::string> folders{hierarchy.mountPoint};
    for (const std::string_view name : names) {
      folders.insert(folders.begin(), folders.front() + "/" + std::string(name));
    }
    if (names.empty() || isDirectory(folders.front())) return folders;
    names.erase(names.begin());
  }
}

std::optional<CgroupPlace> findPlace(const MemoryRoots& roots, CgroupVersion version,
                                     std::optional<std::string_view> path) {
  if (!path) return std::nullopt;
  const size_t wholePath = splitPath(*path).size() + 1;
  // Finds the mount that shows most of the path: others may show other parts of the hierarchy.
  std::vector<std::string> best;
  const auto consider = [&](const std::vector<Hierarchy>& hierarchies) {
    for (const Hierarchy& each : hierarchies) {
      if (!isDirectory(each.mountPoint)) continue;
      std::vector<std::string> folders = findFolders(each, *path);
      if (folders.size() > best.size()) best = std::move(folders);
    }
  };
  consider(findUsualHierarchies(roots, version));
  if (best.size() < wholePath) {
    std::vector<Hierarchy> listed = findListedHierarchies(roots.proc, version);
    // A mount of another part of the hierarchy may have groups of the same names.
    const auto others =
        std::stable_partition(listed.begin(), listed.end(),
                              [&](const Hierarchy& each) { return isBelow(each.root, *path); });
    const std::vector<Hierarchy> elsewhere(others, listed.end());
    listed.erase(others, listed.end());
    consider(listed);
    if (best.empty()) consider(elsewhere);
  }
  // A sandbox may show the groups without the files of their root.
  if (best.size() < wholePath && version == CgroupVersion::kV2) consider({{roots.cgroup}});
  if (best.empty()) return std::nullopt;
  return CgroupPlace{version, std::string(*path), std::move(best)};
}

/// The root of the hierarchy contains all processes of the machine: it reports the same stalls as
/// /proc/pressure. All other groups have a type.
bool isRoot(const std::string& folder) {
  return ::access((folder + "/cgroup.type").c_str(), F_OK) != 0 && isOnCgroup2(folder);
}

}  // namespace

CgroupPlaces findCgroups(const MemoryRoots& roots, std::string_view membership) {
  CgroupPlaces places;
  const Memberships memberships = findMemberships(membership);
  auto v2 = findPlace(roots, CgroupVersion::kV2, memberships.v2);
  if (v2 && !isRoot(v2->folders.front())) {
    places.pressureFile = v2->folders.front() + "/memory.pressure";
  }
  // A controller is in one hierarchy only: a controller of v1 is not in v2.
  const auto v1 = memberships.memoryV1;
  places.memory = v1 ? findPlace(roots, CgroupVersion::kV1, v1) : std::move(v2);
  return places;
}

bool discoverCgroup(const MemoryRoots& roots, CgroupPlaces& out, std::string& error) {
  std::string text;
  const FileResult result = readWholeFile(roots.proc + "/self/cgroup", text, error);
  if (result == FileResult::kFailed) return false;
  // A kernel without cgroups has no such file.
  out = result == FileResult::kAbsent ? CgroupPlaces() : findCgroups(roots, text);
  return true;
}

}  // namespace ebbcache
