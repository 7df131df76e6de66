#include "memory/linux/used_memory.h"

#include <algorithm>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

uint64_t pageCache(const MemoryStat& stat) {
  return addSaturated(stat.activeFile.value_or(0), stat.inactiveFile.value_or(0));
}

/// The pages of processes, files and tmpfs. The lists are used where the text has them, which a
/// sandbox's may not.
uint64_t userPages(const Meminfo& meminfo) {
  if (meminfo.active.value && meminfo.inactive.value) {
    const uint64_t lists = addSaturated(*meminfo.active.value, *meminfo.inactive.value);
    return addSaturated(lists, meminfo.unevictable.valueOr0());
  }
  const uint64_t files = addSaturated(meminfo.buffers.valueOr0(), meminfo.cached.valueOr0());
  return addSaturated(files, meminfo.anonPages.valueOr0());
}

/// Returns 0 for a pool that leaves no room for the rest of the text: in a container that has a
/// total of its own, the pool may be the host's.
bool findHugePages(const Meminfo& meminfo, uint64_t total, uint64_t& bytes, std::string& why) {
  if (rejectMalformed(meminfo.hugetlb, "Hugetlb", why) ||
      rejectMalformed(meminfo.hugePages, "HugePages_Total", why) ||
      rejectMalformed(meminfo.hugePageBytes, "Hugepagesize", why)) {
    return false;
  }
  const uint64_t count = meminfo.hugePages.valueOr0();
  const uint64_t size = meminfo.hugePageBytes.valueOr0();
  const uint64_t ofOneSize = size == 0 || count > total / size ? 0 : count * size;
  const uint64_t pool = meminfo.hugetlb.value.value_or(ofOneSize);
  const uint64_t rest = addSaturated(meminfo.memFree.valueOr0(), userPages(meminfo));
  bytes = pool < total && addSaturated(rest, pool) <= total ? pool : 0;
  return true;
}

/// An estimate of MemAvailable.
bool estimateAvailable(const Meminfo& meminfo, uint64_t total, uint64_t& available,
                       std::string& why) {
  if (rejectMalformed(meminfo.memFree, "MemFree", why) ||
      rejectMalformed(meminfo.buffers, "Buffers", why) ||
      rejectMalformed(meminfo.cached, "Cached", why) ||
      rejectMalformed(meminfo.shmem, "Shmem", why) ||
      rejectMalformed(meminfo.slabReclaimable, "SReclaimable", why)) {
    return false;
  }
  if (!meminfo.memFree.value) {
    why = "has neither a usable MemAvailable nor a MemFree";
    return false;
  }
  const uint64_t free = *meminfo.memFree.value;
  const uint64_t files = subtractSaturated(meminfo.cached.valueOr0(), meminfo.shmem.valueOr0());
  uint64_t sum = addSaturated(free, meminfo.buffers.valueOr0());
  sum = addSaturated(addSaturated(sum, files), meminfo.slabReclaimable.valueOr0());
  available = sum <= total ? sum : std::min(free, total);
  return true;
}

}  // namespace

MemoryBound groupBound(uint64_t limit, uint64_t charged, uint64_t reclaimable, uint64_t shown) {
  return {limit, std::min(std::max(subtractSaturated(charged, reclaimable), shown), limit)};
}

uint64_t reclaimableV2(const MemoryStat& stat, uint64_t kernel) {
  const uint64_t unwritten = addSaturated(stat.dirty.value_or(0), stat.writeback.value_or(0));
  return addSaturated(subtractSaturated(pageCache(stat), unwritten), kernel);
}

uint64_t reclaimableV1(const MemoryStat& stat, uint64_t kernel) {
  return addSaturated(pageCache(stat), kernel);
}

uint64_t shownInUse(const MemoryStat& stat) {
  const bool hasLists = stat.activeAnon && stat.inactiveAnon;
  uint64_t sum = hasLists ? addSaturated(*stat.activeAnon, *stat.inactiveAnon)
                          : addSaturated(stat.anon.value_or(0), stat.shmem.value_or(0));
  // Where there are no lists, mlocked pages are in the sum already.
  if (hasLists) sum = addSaturated(sum, stat.unevictable.value_or(0));
  for (const auto& kernel :
       {stat.slabUnreclaimable, stat.kernelStack, stat.pageTables, stat.percpu, stat.sock}) {
    sum = addSaturated(sum, kernel.value_or(0));
  }
  return sum;
}

bool machineBound(const Meminfo& meminfo, uint64_t reclaimableArc, MemoryBound& out,
                  std::string& why) {
  if (rejectMalformed(meminfo.memTotal, "MemTotal", why) ||
      rejectMalformed(meminfo.memAvailable, "MemAvailable", why)) {
    return false;
  }
  const uint64_t reported = meminfo.memTotal.valueOr0();
  if (reported == 0) {
    why = meminfo.memTotal.isThere ? "says that MemTotal is 0" : "has no MemTotal";
    return false;
  }
  uint64_t hugePages = 0;
  if (!findHugePages(meminfo, reported, hugePages, why)) return false;
  const uint64_t total = reported - hugePages;
  // To accept it, even cut to the total, would mean that memory never gets tight.
  uint64_t available = meminfo.memAvailable.valueOr0();
  if (available == 0 || available > total) {
    if (!estimateAvailable(meminfo, total, available, why)) return false;
  }
  const uint64_t notKernel = addSaturated(meminfo.memFree.valueOr0(), userPages(meminfo));
  const bool isArcOfThis = reclaimableArc <= subtractSaturated(total, notKernel);
  const uint64_t arc = isArcOfThis ? reclaimableArc : 0;
  out = MemoryBound{total, subtractSaturated(total - available, arc)};
  return true;
}

}  // namespace ebbcache
