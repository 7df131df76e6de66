// The bytes charged to one memory cgroup, and those of them that are in use.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/kernel_memory.h"
#include "memory/linux/memory_stat.h"
#include "memory/linux/refault_meter.h"
#include "memory/linux/reopening_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// The limits of a group, in bytes.
struct GroupLimits {
  static constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

  uint64_t memory = kNone;
  /// v1's limit of memory and swap together, which is never below that of memory.
  uint64_t sum = kNone;
};

/// The tightest of the bounds that a group's limits make.
struct GroupReading {
  std::optional<MemoryBound> bound;
  /// See MemoryUsage::groupRefaults.
  bool refaults = false;
};

/// Remembers how the group's kernel memory and refaults grew. Not thread-safe.
///
/// A call that returns false has left a sentence in `error` and has not touched `out`: a file could
/// not be read or understood.
class GroupUsage {
 public:
  /// `folder` is the group's, without a slash at its end; `proc` is the root of procfs.
  GroupUsage(CgroupVersion version, const std::string& folder, const std::string& proc);

  /// Finds out again which files exist.
  void rediscover();

  bool readStat(FileBuffer& buffer, MemoryStat& out, std::string& error);
  /// Reads the usage; leaves `out` empty where there is no limit.
  bool read(const GroupLimits& limits, const KernelMemory& machine, FileBuffer& buffer,
            GroupReading& out, std::string& error);
  /// Counts all charged bytes as used: an upper bound, for a tenth of the cost. `out` becomes the
  /// tighter of itself and the bound.
  bool readCharged(const GroupLimits& limits, FileBuffer& buffer, std::optional<MemoryBound>& out,
                   std::string& error);
  /// The bytes of swap, where v1 reports them: the bytes charged to the sum less those charged to
  /// memory.
  bool readSwap(FileBuffer& buffer, uint64_t& bytes, std::string& error);
  /// Whether the sum of memory and swap is known.
  bool tellsSum() const { return sum_.has_value(); }
  /// Whether the group's kernel memory is close to its value at the last read(), so that the
  /// machine's need not be read again.
  bool isKernelMemorySteady(FileBuffer& buffer);

 private:
  bool readKernelMemory(const KernelMemory& machine, FileBuffer& buffer, uint64_t& reclaimable,
                        std::string& error);
  uint64_t reclaimableSlab(const MemoryStat& stat, const KernelMemory& machine, FileBuffer& buffer);
  KernelMemory withInUse(KernelMemory machine, uint64_t ofGroup, FileBuffer& buffer);

  CgroupVersion version_;
  std::string folder_;
  ReopeningFile usage_;
  ReopeningFile stat_;
  /// v1's memory.memsw.usage_in_bytes, where the kernel accounts for swap.
  std::optional<ReopeningFile> sum_;
  /// v1's memory.kmem.usage_in_bytes, a part of the usage.
  std::optional<ReopeningFile> kernel_;
  /// This file reports on the whole machine.
  ReopeningFile dentryState_;

  GroupKernelMemory kernelMemory_;
  uint64_t kernelReadAs_ = 0;
  /// The bytes of dentries in use on the machine, and the group's kernel memory at that time.
  uint64_t inUse_ = 0;
  uint64_t inUseReadAt_ = 0;
  bool hasReadInUse_ = false;
  RefaultMeter refaultMeter_;
};

}  // namespace ebbcache
