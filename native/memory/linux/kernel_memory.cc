#include "memory/linux/kernel_memory.h"

#include <algorithm>
#include <limits>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

uint64_t byShare(uint64_t bytes, uint64_t part, uint64_t whole) {
  constexpr double kTwoToThe64 = 18446744073709551616.0;
  if (whole == 0) return 0;
  const double share = static_cast<double>(std::min(part, whole)) / static_cast<double>(whole);
  const double shared = share * static_cast<double>(bytes);
  // The nearest double of a number near 2^64 may be 2^64, which does not fit.
  return shared < kTwoToThe64 ? static_cast<uint64_t>(shared) : bytes;
}

}  // namespace

KernelMemory kernelMemoryOf(const Meminfo& meminfo) {
  KernelMemory memory;
  memory.reclaimable = meminfo.slabReclaimable.valueOr0();
  const uint64_t parts = addSaturated(memory.reclaimable, meminfo.slabUnreclaimable.valueOr0());
  memory.total = std::max(meminfo.slab.valueOr0(), parts);
  for (const MeminfoField* const field :
       {&meminfo.kernelStack, &meminfo.pageTables, &meminfo.percpu}) {
    memory.total = addSaturated(memory.total, field->valueOr0());
  }
  return memory;
}

std::optional<uint64_t> parseDentriesInUse(std::string_view text) {
  constexpr uint64_t kBytesEach = 1024;
  const auto all = parseUint64(nextToken(text));
  const auto unused = parseUint64(nextToken(text));
  if (!all || !unused || *unused > *all) return std::nullopt;
  const uint64_t count = *all - *unused;
  if (count > std::numeric_limits<uint64_t>::max() / kBytesEach) return std::nullopt;
  return count * kBytesEach;
}

uint64_t GroupKernelMemory::reclaimable(uint64_t charged, const KernelMemory& machine) {
  const uint64_t ofMachine = subtractSaturated(machine.reclaimable, machine.inUse);
  return part_.update(charged, ofMachine, byShare(charged, ofMachine, machine.total));
}

uint64_t GroupKernelMemory::reclaimableSlab(uint64_t slab, const KernelMemory& machine) {
  return slab - part_.update(slab, machine.inUse, 0);
}

}  // namespace ebbcache
