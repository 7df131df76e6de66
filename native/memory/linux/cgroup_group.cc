#include "memory/linux/cgroup_group.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "memory/linux/number_file.h"
#include "memory/linux/text.h"
#include "memory/linux/tighter.h"

namespace ebbcache {
namespace {

/// v1 writes the largest int64, rounded down to whole pages of any size, for no limit.
constexpr uint64_t kNoLimitInV1 = uint64_t{1} << 62;

const uint64_t kMinLimit = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

/// Lowers `limit` to the number in the file, where there is one.
bool lowerLimit(std::optional<ReopeningFile>& file, FileBuffer& buffer, uint64_t& limit,
                std::string& error) {
  if (!file) return true;
  uint64_t bytes = 0;
  if (!readLimit(*file, buffer, bytes, error)) return false;
  if (bytes == 0) {
    error = "The file " + file->path() + " says 0, a limit that no process can run under.";
    return false;
  }
  limit = std::min(limit, bytes);
  return true;
}

/// Lowers `limit` to memory.high. It may be 0, to have the kernel reclaim all that it can: it
/// counts as one page, which every group exceeds.
bool lowerToThrottle(std::optional<ReopeningFile>& file, FileBuffer& buffer, uint64_t& limit,
                     std::string& error) {
  if (!file) return true;
  uint64_t bytes = 0;
  if (!readLimit(*file, buffer, bytes, error)) return false;
  limit = std::min(limit, std::max(bytes, kMinLimit));
  return true;
}

uint64_t noneIfUnlimited(uint64_t limitOfV1) {
  return limitOfV1 >= kNoLimitInV1 ? GroupLimits::kNone : limitOfV1;
}

}  // namespace

CgroupGroup::CgroupGroup(CgroupVersion version, std::string folder, bool isTop,
                         const std::string& proc)
    : version_(version), folder_(std::move(folder)), isTop_(isTop), usage_(version, folder_, proc) {
  rediscover();
}

void CgroupGroup::rediscover() {
  // The root of v2, and groups without the memory controller, have none of these.
  if (version_ == CgroupVersion::kV1) {
    openIfThere(limit_, folder_ + "/memory.limit_in_bytes");
    openIfThere(swapLimit_, folder_ + "/memory.memsw.limit_in_bytes");
    inherited_.reset();
  } else {
    openIfThere(limit_, folder_ + "/memory.max");
    openIfThere(throttle_, folder_ + "/memory.high");
    openIfThere(swapLimit_, folder_ + "/memory.swap.max");
    openIfThere(swapUsage_, folder_ + "/memory.swap.current");
  }
  usage_.rediscover();
}

bool CgroupGroup::read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                       CgroupUsage& out, std::string& error) {
  CgroupUsage found;
  GroupReading reading;
  GroupLimits limits;
  bounding_ = {};
  if (!readLimits(buffer, limits, error)) return false;
  if (limits.memory < machine.total) bounding_ = limits;
  if (!usage_.read(bounding_, machine.kernel, buffer, reading, error)) return false;
  if (withSwap && !readSwap(limits, buffer, found.swap, error)) return false;
  found.memory = reading.bound;
  found.refaults = reading.refaults;
  out = found;
  return true;
}

bool CgroupGroup::readAgain(const KernelMemory& machine, FileBuffer& buffer,
                            std::optional<MemoryBound>& out, std::string& error) {
  if (bounding_.memory == GroupLimits::kNone) return true;
  GroupReading reading;
  if (!usage_.isKernelMemorySteady(buffer)) return false;
  if (!usage_.read(bounding_, machine, buffer, reading, error)) return false;
  takeTighter(reading.bound, out);
  return true;
}

bool CgroupGroup::readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out,
                              std::string& error) {
  return usage_.readCharged(bounding_, buffer, out, error);
}

bool CgroupGroup::readLimits(FileBuffer& buffer, GroupLimits& out, std::string& error) {
  GroupLimits limits;
  if (!lowerLimit(limit_, buffer, limits.memory, error)) return false;
  if (!lowerToThrottle(throttle_, buffer, limits.memory, error)) return false;
  if (version_ == CgroupVersion::kV1) {
    GroupLimits inherited;
    if (!findInheritedLimits(buffer, inherited, error)) return false;
    limits.memory = noneIfUnlimited(std::min(limits.memory, inherited.memory));
    // The kernel keeps the limit of memory and swap together at or above that of memory.
    if (limits.memory != GroupLimits::kNone && usage_.tellsSum()) {
      if (!lowerLimit(swapLimit_, buffer, limits.sum, error)) return false;
      limits.sum = noneIfUnlimited(std::min(limits.sum, inherited.sum));
    }
  }
  out = limits;
  return true;
}

/// Only the topmost group in sight takes the limits of its ancestors: it bounds those below it
/// anyway, and the usage of the ancestors is unknown.
bool CgroupGroup::findInheritedLimits(FileBuffer& buffer, GroupLimits& out, std::string& error) {
  if (!inherited_) {
    MemoryStat stat;
    if (isTop_ && !usage_.readStat(buffer, stat, error)) return false;
    for (const auto& [name, bytes] :
         {std::pair{"hierarchical_memory_limit", stat.hierarchicalLimit},
          {"hierarchical_memsw_limit", stat.hierarchicalSumLimit}}) {
      if (bytes.value_or(GroupLimits::kNone) != 0) continue;
      error = "The file " + folder_ + "/memory.stat says 0 for " + name;
      error.append(", a limit that no process can run under.");
      return false;
    }
    inherited_ = GroupLimits{stat.hierarchicalLimit.value_or(GroupLimits::kNone),
                             stat.hierarchicalSumLimit.value_or(GroupLimits::kNone)};
  }
  out = *inherited_;
  return true;
}

bool CgroupGroup::readSwap(const GroupLimits& limits, FileBuffer& buffer,
                           std::optional<SwapUsage>& out, std::string& error) {
  uint64_t limit = GroupLimits::kNone;
  uint64_t used = 0;
  if (version_ == CgroupVersion::kV1) {
    if (limits.sum == GroupLimits::kNone) return true;
    limit = subtractSaturated(limits.sum, limits.memory);
    if (!usage_.readSwap(buffer, used, error)) return false;
  } else {
    if (!swapLimit_ || !swapUsage_) return true;
    if (!readLimit(*swapLimit_, buffer, limit, error)) return false;
    if (limit == GroupLimits::kNone) return true;
    if (!readNumber(*swapUsage_, buffer, used, error)) return false;
  }
  out = SwapUsage{limit, std::min(used, limit)};
  return true;
}

}  // namespace ebbcache
