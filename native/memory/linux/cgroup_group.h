// The files of one memory cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/kept_file.h"
#include "memory/linux/kernel_memory.h"
#include "memory/linux/memory_stat.h"
#include "memory/linux/stall_meter.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// What the usage of a group is seen against.
struct MachineMemory {
  /// A limit of as much or more is none. Bytes.
  uint64_t total = 0;
  KernelMemory kernel;
};

struct CgroupUsage {
  /// Of what bounds the group's memory, the one with the fewest bytes available. Absent where
  /// nothing does below the total of the machine.
  std::optional<MemoryBound> memory;
  /// Absent where nothing bounds it, or was not asked for.
  std::optional<SwapUsage> swap;
  /// See MemoryUsage::groupRefaults.
  bool refaults = false;
};

/// Not thread-safe.
class CgroupGroup {
 public:
  /// Bytes of page cache, read again within 2 s, that count as a stall: 32 MiB a second is what a
  /// slow disk can do, and what a group that has room for its page cache never does.
  static constexpr uint64_t kRefaultThreshold = uint64_t{64} << 20;

  /// `folder` is the group's, without a slash at its end. `isTop` says that no ancestor is in
  /// sight.
  CgroupGroup(CgroupVersion version, std::string folder, bool isTop);

  /// Looks again which files there are, and what ancestors that are out of sight limit.
  void lookAgain();

  /// False, with a sentence in `error` and `out` untouched, when a file cannot be read or believed.
  bool read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
            std::string& error);

  /// The bound as read() saw it last, with all that is charged now as used: an upper bound, for a
  /// tenth of the cost. Leaves `out` as it is where there was none. False, with a sentence in
  /// `error`, when a file cannot be read.
  bool readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out, std::string& error);

 private:
  struct Limits {
    uint64_t memory;
    /// Of memory and swap together.
    uint64_t sum;
  };

  bool readV1(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
              std::string& error);
  bool readV2(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
              std::string& error);
  bool findInheritedLimits(FileBuffer& buffer, Limits& out, std::string& error);
  bool readStat(FileBuffer& buffer, MemoryStat& out, std::string& error);
  bool readStatAndRefaults(FileBuffer& buffer, MemoryStat& stat, CgroupUsage& out,
                           std::string& error);
  bool readKernelMemory(const KernelMemory& machine, FileBuffer& buffer, uint64_t& reclaimable,
                        std::string& error);

  CgroupVersion version_;
  std::string folder_;
  bool isTop_;

  std::optional<KeptFile> limit_;
  /// v2's memory.high, above which the kernel slows the group down.
  std::optional<KeptFile> throttle_;
  /// v2: of swap alone. v1: of memory and swap together.
  std::optional<KeptFile> swapLimit_;
  std::optional<KeptFile> swapUsage_;
  /// v1's memory.kmem.usage_in_bytes, a part of the usage.
  std::optional<KeptFile> kernelUsage_;
  KeptFile usage_;
  KeptFile stat_;

  /// What v1 tells of ancestors. Empty until it is read again.
  std::optional<Limits> inherited_;
  /// Those below the machine's total as of the last read().
  Limits bounding_;
  GroupKernelMemory kernelMemory_;
  StallMeter refaultMeter_{kRefaultThreshold};
};

}  // namespace ebbcache
