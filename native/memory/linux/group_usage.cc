#include "memory/linux/group_usage.h"

#include <unistd.h>

#include <algorithm>

#include "memory/linux/number_file.h"
#include "memory/linux/text.h"
#include "memory/linux/tighter.h"
#include "memory/linux/used_memory.h"

namespace ebbcache {
namespace {

/// The number read of the machine is valid until the group's kernel memory has changed by so many
/// bytes.
constexpr uint64_t kKernelChange = uint64_t{256} << 10;

const uint64_t kPageBytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

bool isFar(uint64_t a, uint64_t b) {
  return std::max(a, b) - std::min(a, b) >= kKernelChange;
}

}  // namespace

GroupUsage::GroupUsage(CgroupVersion version, const std::string& folder, const std::string& proc)
    : version_(version),
      folder_(folder),
      usage_(folder +
             (version == CgroupVersion::kV1 ? "/memory.usage_in_bytes" : "/memory.current")),
      stat_(folder + "/memory.stat"),
      dentryState_(proc + "/sys/fs/dentry-state") {
  rediscover();
}

void GroupUsage::rediscover() {
  if (version_ != CgroupVersion::kV1) return;
  openIfThere(sum_, folder_ + "/memory.memsw.usage_in_bytes");
  openIfThere(kernel_, folder_ + "/memory.kmem.usage_in_bytes");
}

/// Where a sandbox (gVisor) has no such file, all of the usage counts.
bool GroupUsage::readStat(FileBuffer& buffer, MemoryStat& out, std::string& error) {
  std::string_view text;
  const FileResult result = stat_.read(buffer, text, error);
  if (result != FileResult::kRead) return result == FileResult::kAbsent;
  std::string why;
  if (parseMemoryStat(version_, text, out, why)) return true;
  error = "The file " + stat_.path() + " ";
  error.append(why).append(".");
  return false;
}

bool GroupUsage::read(const GroupLimits& limits, const KernelMemory& machine, FileBuffer& buffer,
                      GroupReading& out, std::string& error) {
  const bool isV1 = version_ == CgroupVersion::kV1;
  uint64_t charged = 0;
  uint64_t sum = 0;
  uint64_t kernel = 0;
  MemoryStat stat;
  if (limits.memory == GroupLimits::kNone) return true;
  if (!readNumber(usage_, buffer, charged, error)) return false;
  const bool hasSum = sum_ && limits.sum != GroupLimits::kNone;
  if (hasSum && !readNumber(*sum_, buffer, sum, error)) return false;
  if (!readStat(buffer, stat, error)) return false;
  if (isV1 && !readKernelMemory(machine, buffer, kernel, error)) return false;
  const uint64_t reclaimable = isV1 ? reclaimableV1(stat, kernel)
                                    : reclaimableV2(stat, reclaimableSlab(stat, machine, buffer));
  const uint64_t shown = shownInUse(stat);
  out.bound = groupBound(limits.memory, charged, reclaimable, shown);
  // The kernel kills at this limit too, and a group that has swapped much may reach it first.
  if (hasSum) {
    takeTighter<MemoryBound>(groupBound(limits.sum, sum, reclaimable, shown), out.bound);
  }
  if (stat.refaultedPages) {
    const uint64_t bytes = *stat.refaultedPages * kPageBytes;
    out.refaults = refaultMeter_.update(RefaultMeter::Clock::now(), bytes);
  }
  return true;
}

bool GroupUsage::readCharged(const GroupLimits& limits, FileBuffer& buffer,
                             std::optional<MemoryBound>& out, std::string& error) {
  const auto take = [&](uint64_t limit, ReopeningFile& file) {
    uint64_t charged = 0;
    if (!readNumber(file, buffer, charged, error)) return false;
    takeTighter<MemoryBound>(MemoryBound{limit, std::min(charged, limit)}, out);
    return true;
  };
  // The sum is never below its part in memory.
  const bool sumTellsAll = sum_ && limits.sum <= limits.memory;
  const bool isLimited = limits.memory != GroupLimits::kNone;
  if (isLimited && !sumTellsAll && !take(limits.memory, usage_)) return false;
  return !sum_ || limits.sum == GroupLimits::kNone || take(limits.sum, *sum_);
}

bool GroupUsage::readSwap(FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  uint64_t charged = 0;
  uint64_t sum = 0;
  if (!readNumber(usage_, buffer, charged, error)) return false;
  if (sum_ && !readNumber(*sum_, buffer, sum, error)) return false;
  bytes = subtractSaturated(sum, charged);
  return true;
}

bool GroupUsage::isKernelMemorySteady(FileBuffer& buffer) {
  if (!kernel_) return true;
  uint64_t charged = 0;
  std::string ignored;
  return readNumber(*kernel_, buffer, charged, ignored) && !isFar(charged, kernelReadAs_);
}

bool GroupUsage::readKernelMemory(const KernelMemory& machine, FileBuffer& buffer,
                                  uint64_t& reclaimable, std::string& error) {
  if (!kernel_) return true;
  uint64_t charged = 0;
  if (!readNumber(*kernel_, buffer, charged, error)) return false;
  kernelReadAs_ = charged;
  reclaimable = kernelMemory_.reclaimable(charged, withInUse(machine, charged, buffer));
  return true;
}

uint64_t GroupUsage::reclaimableSlab(const MemoryStat& stat, const KernelMemory& machine,
                                     FileBuffer& buffer) {
  const uint64_t slab = stat.slabReclaimable.value_or(0);
  return kernelMemory_.reclaimableSlab(slab, withInUse(machine, slab, buffer));
}

/// Sandboxes do not report what is in use; there all slab that is called reclaimable counts as
/// reclaimable.
KernelMemory GroupUsage::withInUse(KernelMemory machine, uint64_t ofGroup, FileBuffer& buffer) {
  if (!hasReadInUse_ || isFar(ofGroup, inUseReadAt_)) {
    std::string_view text;
    std::string ignored;
    const bool isTold = dentryState_.read(buffer, text, ignored) == FileResult::kRead;
    inUse_ = isTold ? parseDentriesInUse(text).value_or(0) : 0;
    inUseReadAt_ = ofGroup;
    hasReadInUse_ = true;
  }
  machine.inUse = inUse_;
  return machine;
}

}  // namespace ebbcache
