#include "memory/linux/kernel_memory.h"

#include <algorithm>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

constexpr double kTwoToThe64 = 18446744073709551616.0;

uint64_t byShareOfMachine(uint64_t charged, const KernelMemory& machine) {
  if (machine.total == 0) return 0;
  const double share = static_cast<double>(std::min(machine.reclaimable, machine.total)) /
                       static_cast<double>(machine.total);
  const double bytes = share * static_cast<double>(charged);
  // The nearest double of a number near 2^64 may be 2^64, which does not fit.
  return bytes < kTwoToThe64 ? static_cast<uint64_t>(bytes) : charged;
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

uint64_t GroupKernelMemory::reclaimable(uint64_t charged, const KernelMemory& machine) {
  if (!since_) since_ = Point{charged, byShareOfMachine(charged, machine), machine.reclaimable};
  const uint64_t gained = subtractSaturated(charged, since_->charged);
  const uint64_t lost = subtractSaturated(since_->charged, charged);
  const uint64_t gainedByMachine =
      subtractSaturated(machine.reclaimable, since_->machineReclaimable);
  const uint64_t lostByMachine = subtractSaturated(since_->machineReclaimable, machine.reclaimable);
  uint64_t bytes = addSaturated(since_->reclaimable, std::min(gained, gainedByMachine));
  bytes = subtractSaturated(bytes, std::min(lost, lostByMachine));
  bytes = std::min({bytes, charged, machine.reclaimable});
  if (std::max(gained, lost) >= kStep) since_ = Point{charged, bytes, machine.reclaimable};
  return bytes;
}

}  // namespace ebbcache
