#include "memory/linux/cgroup_group.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "memory/linux/text.h"
#include "memory/linux/tighter.h"
#include "memory/linux/used_memory.h"

namespace ebbcache {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

/// What v1 says for no limit is the largest int64, rounded down to whole pages, whatever their
/// size.
constexpr uint64_t kNoLimitInV1 = uint64_t{1} << 62;

const uint64_t kPageBytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

bool notANumber(const KeptFile& file, std::string& error) {
  error = "The file " + file.path() + " does not hold a number of bytes.";
  return false;
}

bool readUsage(KeptFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const auto value = parseUint64(nextWord(text));
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

/// "max" is no limit.
bool readLimit(KeptFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const std::string_view word = nextWord(text);
  const auto value = word == "max" ? kNoLimit : parseUint64(word);
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

/// Lowers `limit` to what the file says, where there is one.
bool lowerLimit(std::optional<KeptFile>& file, FileBuffer& buffer, uint64_t& limit,
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

/// Lowers `limit` to memory.high. That may be 0, to have the kernel reclaim all that it can: then
/// the group is a page at most, which it is always above.
bool lowerToThrottle(std::optional<KeptFile>& file, FileBuffer& buffer, uint64_t& limit,
                     std::string& error) {
  if (!file) return true;
  uint64_t bytes = 0;
  if (!readLimit(*file, buffer, bytes, error)) return false;
  limit = std::min(limit, std::max(bytes, kPageBytes));
  return true;
}

SwapUsage swapOf(uint64_t limit, uint64_t usage) {
  return {limit, std::min(usage, limit)};
}

}  // namespace

CgroupGroup::CgroupGroup(CgroupVersion version, std::string folder, bool isTop)
    : version_(version),
      folder_(std::move(folder)),
      isTop_(isTop),
      usage_(folder_ +
             (version == CgroupVersion::kV1 ? "/memory.usage_in_bytes" : "/memory.current")),
      stat_(folder_ + "/memory.stat"),
      bounding_{kNoLimit, kNoLimit} {
  lookAgain();
}

void CgroupGroup::lookAgain() {
  const auto look = [&](std::optional<KeptFile>& file, const char* name) {
    std::string path = folder_ + name;
    const bool exists = ::access(path.c_str(), F_OK) == 0;
    if (!exists) file.reset();
    if (exists && !file) file.emplace(std::move(path));
  };
  // The root of v2, and groups without the memory controller, have none of these.
  if (version_ == CgroupVersion::kV1) {
    look(limit_, "/memory.limit_in_bytes");
    // Only where the kernel was told to account for swap, and for its own memory.
    look(swapLimit_, "/memory.memsw.limit_in_bytes");
    look(swapUsage_, "/memory.memsw.usage_in_bytes");
    look(kernelUsage_, "/memory.kmem.usage_in_bytes");
    inherited_.reset();
  } else {
    look(limit_, "/memory.max");
    look(throttle_, "/memory.high");
    look(swapLimit_, "/memory.swap.max");
    look(swapUsage_, "/memory.swap.current");
  }
}

bool CgroupGroup::read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                       CgroupUsage& out, std::string& error) {
  bounding_ = {kNoLimit, kNoLimit};
  CgroupUsage usage;
  const bool done = version_ == CgroupVersion::kV1
                        ? readV1(machine, withSwap, buffer, usage, error)
                        : readV2(machine, withSwap, buffer, usage, error);
  if (done) out = usage;
  return done;
}

bool CgroupGroup::readV1(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                         CgroupUsage& out, std::string& error) {
  Limits limits{kNoLimit, kNoLimit};
  if (!lowerLimit(limit_, buffer, limits.memory, error)) return false;
  Limits inherited{kNoLimit, kNoLimit};
  if (!findInheritedLimits(buffer, inherited, error)) return false;
  limits.memory = std::min(limits.memory, inherited.memory);
  // The kernel keeps the limit of memory and swap together at or above that of memory.
  if (limits.memory >= kNoLimitInV1) return true;
  if (swapLimit_ && swapUsage_) {
    if (!lowerLimit(swapLimit_, buffer, limits.sum, error)) return false;
    limits.sum = std::min(limits.sum, inherited.sum);
  }
  const bool limited = limits.memory < machine.total;
  const bool swapLimited = withSwap && limits.sum < kNoLimitInV1;
  if (!limited && !swapLimited) return true;
  uint64_t usage = 0;
  uint64_t sumUsage = 0;
  if (!readUsage(usage_, buffer, usage, error)) return false;
  const bool hasSum = swapUsage_ && limits.sum < kNoLimitInV1;
  if (hasSum && !readUsage(*swapUsage_, buffer, sumUsage, error)) return false;
  if (limited) {
    MemoryStat stat;
    uint64_t kernel = 0;
    if (!readStatAndRefaults(buffer, stat, out, error)) return false;
    if (!readKernelMemory(machine.kernel, buffer, kernel, error)) return false;
    const uint64_t reclaimable = reclaimableV1(stat, kernel);
    const uint64_t shown = shownInUse(stat);
    out.memory = groupBound(limits.memory, usage, reclaimable, shown);
    // The kernel kills at this limit too, and a group that has swapped much may reach it first.
    if (limits.sum < kNoLimitInV1) {
      takeTighter<MemoryBound>(groupBound(limits.sum, sumUsage, reclaimable, shown), out.memory);
    }
    bounding_ = limits;
  }
  if (swapLimited) {
    out.swap =
        swapOf(subtractSaturated(limits.sum, limits.memory), subtractSaturated(sumUsage, usage));
  }
  return true;
}

bool CgroupGroup::readV2(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                         CgroupUsage& out, std::string& error) {
  uint64_t limit = kNoLimit;
  if (!lowerLimit(limit_, buffer, limit, error)) return false;
  if (!lowerToThrottle(throttle_, buffer, limit, error)) return false;
  if (limit < machine.total) {
    uint64_t usage = 0;
    MemoryStat stat;
    if (!readUsage(usage_, buffer, usage, error)) return false;
    if (!readStatAndRefaults(buffer, stat, out, error)) return false;
    out.memory = groupBound(limit, usage, reclaimableV2(stat), shownInUse(stat));
    bounding_.memory = limit;
  }
  if (withSwap && swapLimit_ && swapUsage_) {
    uint64_t swapLimit = 0;
    uint64_t swapUsage = 0;
    if (!readLimit(*swapLimit_, buffer, swapLimit, error)) return false;
    if (swapLimit == kNoLimit) return true;
    if (!readUsage(*swapUsage_, buffer, swapUsage, error)) return false;
    out.swap = swapOf(swapLimit, swapUsage);
  }
  return true;
}

bool CgroupGroup::readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out,
                              std::string& error) {
  const auto take = [&](uint64_t limit, KeptFile& file) {
    uint64_t usage = 0;
    if (!readUsage(file, buffer, usage, error)) return false;
    takeTighter<MemoryBound>(MemoryBound{limit, std::min(usage, limit)}, out);
    return true;
  };
  if (bounding_.memory != kNoLimit && !take(bounding_.memory, usage_)) return false;
  return bounding_.sum >= kNoLimitInV1 || !swapUsage_ || take(bounding_.sum, *swapUsage_);
}

/// Of the topmost group in sight, as the usage of those above it is unknown: those below have it as
/// their ancestor anyway.
bool CgroupGroup::findInheritedLimits(FileBuffer& buffer, Limits& out, std::string& error) {
  if (inherited_) {
    out = *inherited_;
    return true;
  }
  MemoryStat stat;
  if (isTop_ && !readStat(buffer, stat, error)) return false;
  for (const auto& [name, bytes] : {std::pair{"hierarchical_memory_limit", stat.hierarchicalLimit},
                                    {"hierarchical_memsw_limit", stat.hierarchicalSumLimit}}) {
    if (bytes.value_or(kNoLimit) != 0) continue;
    error = "The file " + stat_.path() + " says 0 for " + name;
    error.append(", a limit that no process can run under.");
    return false;
  }
  out = Limits{stat.hierarchicalLimit.value_or(kNoLimit),
               stat.hierarchicalSumLimit.value_or(kNoLimit)};
  inherited_ = out;
  return true;
}

/// Where a sandbox (gVisor) has no such file, all of the usage counts.
bool CgroupGroup::readStat(FileBuffer& buffer, MemoryStat& out, std::string& error) {
  std::string_view text;
  const FileResult result = stat_.read(buffer, text, error);
  if (result != FileResult::kRead) return result == FileResult::kAbsent;
  std::string why;
  if (parseMemoryStat(version_, text, out, why)) return true;
  error = "The file " + stat_.path() + " ";
  error.append(why).append(".");
  return false;
}

bool CgroupGroup::readStatAndRefaults(FileBuffer& buffer, MemoryStat& stat, CgroupUsage& out,
                                      std::string& error) {
  if (!readStat(buffer, stat, error)) return false;
  if (stat.refaultedPages) {
    out.refaults =
        refaultMeter_.update(StallMeter::Clock::now(), *stat.refaultedPages * kPageBytes);
  }
  return true;
}

bool CgroupGroup::readKernelMemory(const KernelMemory& machine, FileBuffer& buffer,
                                   uint64_t& reclaimable, std::string& error) {
  if (!kernelUsage_) return true;
  uint64_t charged = 0;
  if (!readUsage(*kernelUsage_, buffer, charged, error)) return false;
  reclaimable = kernelMemory_.reclaimable(charged, machine);
  return true;
}

}  // namespace ebbcache
