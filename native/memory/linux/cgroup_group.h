// One memory cgroup: its limits and its usage.
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

/// The machine that a group's usage is compared with.
struct MachineMemory {
  /// The number of bytes from which on a limit counts as none.
  uint64_t total = 0;
  KernelMemory kernel;
};

struct CgroupUsage {
  /// The tightest bound of the group's memory. Absent where no limit is below the total of the
  /// machine.
  std::optional<MemoryBound> memory;
  /// Absent where no limit is set, or where it was not asked for.
  std::optional<SwapUsage> swap;
  /// See MemoryUsage::groupRefaults.
  bool refaults = false;
};

/// Not thread-safe. A call that returns false has left a sentence in `error` and has not touched
/// `out`: a file could not be read or understood.
class CgroupGroup {
 public:
  /// `folder` is the group's, without a slash at its end. `isTop` says that no ancestor is in
  /// sight. `proc` is the root of procfs.
  CgroupGroup(CgroupVersion version, std::string folder, bool isTop, const std::string& proc);

  /// Finds out again which files exist and what ancestors out of sight limit.
  void rediscover();

  bool read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
            std::string& error);

  // The calls that follow use the limits that read() saw last. `out` becomes the tighter of itself
  // and the bound.

  /// Reads the bound as read() does. It also fails, with an empty `error`, where the machine's
  /// kernel memory must be read again first.
  bool readAgain(const KernelMemory& machine, FileBuffer& buffer, std::optional<MemoryBound>& out,
                 std::string& error);
  /// Reads the bound with all charged bytes counted as used.
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
  /// The limit of v2's memory.high, above which the kernel slows the group down.
  std::optional<ReopeningFile> throttle_;
  /// In v2 the limit of swap; in v1 that of memory and swap together.
  std::optional<ReopeningFile> swapLimit_;
  /// Read in v2 only.
  std::optional<ReopeningFile> swapUsage_;
  /// What v1 reports of ancestors; empty until it is read again.
  std::optional<GroupLimits> inherited_;
  GroupUsage usage_;
  /// The limits below the machine's total, as of the last read().
  GroupLimits bounding_;
};

}  // namespace ebbcache
