// One memory cgroup: its limits, and how near it is to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/group_usage.h"
#include "memory/linux/kernel_memory.h"
#include "memory/linux/reopening_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// What the usage of a group is seen against.
struct MachineMemory {
  /// A limit of as much or more is none. Bytes.
  uint64_t total = 0;
  KernelMemory kernel;
};

struct CgroupUsage {
  /// The bound of the group's memory with the fewest bytes available. Absent where
  /// nothing does below the total of the machine.
  std::optional<MemoryBound> memory;
  /// Absent where nothing bounds it, or was not asked for.
  std::optional<SwapUsage> swap;
  /// See MemoryUsage::groupRefaults.
  bool refaults = false;
};

/// Not thread-safe. A call that returns false has left a sentence in `error` and has not touched
/// `out`: a file cannot be read or believed.
class CgroupGroup {
 public:
  /// `folder` is the group's, without a slash at its end. `isTop` says that no ancestor is in
  /// sight. `proc` is the root of procfs.
  CgroupGroup(CgroupVersion version, std::string folder, bool isTop, const std::string& proc);

  /// Looks again which files there are, and what ancestors that are out of sight limit.
  void lookAgain();

  bool read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
            std::string& error);

  // These go by the limits that read() saw last. `out` becomes the tighter of itself and the bound.

  /// The bound as read() finds it. The call also fails, with nothing in `error`, where the
  /// machine's kernel memory must be read again first.
  bool readAgain(const KernelMemory& machine, FileBuffer& buffer, std::optional<MemoryBound>& out,
                 std::string& error);
  /// The bound with all that is charged as used.
  bool readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out, std::string& error);

 private:
  bool readLimits(FileBuffer& buffer, GroupLimits& out, std::string& error);
  bool findInheritedLimits(FileBuffer& buffer, GroupLimits& out, std::string& error);
  bool readSwap(const GroupLimits& limits, FileBuffer& buffer, std::optional<SwapUsage>& out,
                std::string& error);

  CgroupVersion version_;
  std::string folder_;
  bool isTop_;

  std::optional<ReopeningFile> limit_;
  /// v2's memory.high, above which the kernel slows the group down.
  std::optional<ReopeningFile> throttle_;
  /// v2: of swap alone. v1: of memory and swap together.
  std::optional<ReopeningFile> swapLimit_;
  /// v2 only.
  std::optional<ReopeningFile> swapUsage_;
  /// What v1 tells of ancestors. Empty until it is read again.
  std::optional<GroupLimits> inherited_;
  GroupUsage usage_;
  /// Those below the machine's total, as of the last read().
  GroupLimits bounding_;
};

}  // namespace ebbcache
