// Limit and usage of the memory cgroup of this process and of its ancestors.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/kept_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// Not thread-safe. Follows the process when it is moved to another group, within a second.
class CgroupReader {
 public:
  explicit CgroupReader(MemoryRoots roots) : roots_(std::move(roots)) {}

  /// The tightest of the nested groups, in bytes; leaves `out` empty where none has a limit below
  /// `machineTotal`. False, with a sentence in `error`, when a file cannot be read or believed.
  bool read(uint64_t machineTotal, FileBuffer& buffer, std::optional<MemoryBound>& out,
            std::string& error);

 private:
  /// The files of one group. The smallest of `limits` counts.
  struct Group {
    std::vector<KeptFile> limits;
    KeptFile usage;
    KeptFile stat;
    /// The field of `stat` with the page cache that is not in active use.
    std::string_view inactiveField;
  };

  bool discover(std::string& error);
  static std::vector<Group> openGroups(const CgroupPlace& place);
  bool readTightest(uint64_t machineTotal, FileBuffer& buffer, std::optional<MemoryBound>& out,
                    std::string& error);
  static bool readGroup(Group& group, uint64_t machineTotal, FileBuffer& buffer,
                        std::optional<MemoryBound>& out, std::string& error);
  static bool readInactiveFile(Group& group, FileBuffer& buffer, uint64_t& bytes,
                               std::string& error);

  MemoryRoots roots_;
  std::optional<CgroupPlace> place_;
  std::vector<Group> groups_;
  std::optional<std::chrono::steady_clock::time_point> discoveredAt_;
};

}  // namespace ebbcache
