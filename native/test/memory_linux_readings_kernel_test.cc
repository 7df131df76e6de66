// This table has groups that hold kernel memory.
#include <limits>

#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

/// The page cache of "docker-v2" became memory of another kind, `field` in memory.stat.
Edit becameV2(const std::string& field, uint64_t recorded) {
  return [field, recorded](const FileTree& tree) {
    Fields(tree, docker_v2::kStat)
        .set("inactive_file", 0)
        .set("active_file", 0)
        .set(field, recorded + docker_v2::kFiles);
  };
}

// Here "docker-v1" has less page cache and much kernel memory.
constexpr uint64_t kChargedV1 = 481 * kMiB + 64 * kKiB;
constexpr uint64_t kFilesV1 = 30674944;
constexpr uint64_t kKernelV1 = 240 * kMiB;

void writeKernelV1(const FileTree& tree) {
  Fields(tree, docker_v1::kStat).set("total_inactive_file", 0);
  tree.write("cgroup/memory/memory.usage_in_bytes", std::to_string(kChargedV1) + "\n");
  tree.write("cgroup/memory/memory.memsw.usage_in_bytes", std::to_string(kChargedV1) + "\n");
  tree.write("cgroup/memory/memory.kmem.usage_in_bytes", std::to_string(kKernelV1) + "\n");
}

/// The machine has 1 GiB of kernel memory.
Edit kernelV1(uint64_t machineReclaimable) {
  return [machineReclaimable](const FileTree& tree) {
    writeKernelV1(tree);
    constexpr uint64_t kOther = 48 * kMiB;
    const uint64_t slab = kGiB - kOther;
    meminfoOf(tree)
        .setKiB("Slab", slab / kKiB)
        .setKiB("SReclaimable", machineReclaimable / kKiB)
        .setKiB("SUnreclaim", (slab - machineReclaimable) / kKiB)
        .setKiB("KernelStack", kOther / 3 / kKiB)
        .setKiB("PageTables", kOther / 3 / kKiB)
        .setKiB("Percpu", kOther / 3 / kKiB);
  };
}

Edit kernelV1WithoutSlab(const std::vector<std::string>& also) {
  return [also](const FileTree& tree) {
    writeKernelV1(tree);
    const Fields meminfo = meminfoOf(tree);
    meminfo.drop("Slab").drop("SReclaimable").drop("SUnreclaim").drop("KReclaimable");
    for (const std::string& name : also) meminfo.drop(name);
  };
}

/// Returns the bound of the group when `reclaimable` bytes of its kernel memory can be given back.
constexpr MemoryBound boundV1(uint64_t reclaimable) {
  return {docker_v1::kLimit, kChargedV1 - kFilesV1 - reclaimable};
}

constexpr MemoryBound kAllOfItUsed{docker_v2::kLimit,
                                   docker_v2::kCharged - docker_v2::kReclaimableSlab};

const std::vector<Reading>& kernelReadings() {
  static const std::vector<Reading> kReadings{
      {"SlabV2DentriesDoNotCount", "docker-v2",
       becameV2("slab_reclaimable", docker_v2::kReclaimableSlab), kServer,
       MemoryBound{docker_v2::kLimit, docker_v2::kUsed}, BoundKind::kGroup, PressureLevel::kNormal},
      // A kernel or a sandbox may not tell the two kinds of slab apart.
      {"SlabV2WithoutItsPartsCounts", "docker-v2",
       [](const FileTree& tree) {
         becameV2("slab", 0)(tree);
         Fields(tree, docker_v2::kStat).drop("slab_reclaimable").drop("slab_unreclaimable");
       },
       kServer, MemoryBound{docker_v2::kLimit, docker_v2::kCharged}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"SlabV2MoreThanIsCharged", "docker-v2",
       [](const FileTree& tree) {
         Fields(tree, docker_v2::kStat)
             .set("slab_reclaimable", std::numeric_limits<uint64_t>::max());
       },
       kServer, MemoryBound{docker_v2::kLimit, docker_v2::kShown}, BoundKind::kGroup,
       PressureLevel::kNormal},

      {"SlabV1WhereTheMachineReclaimsNearlyAll", "docker-v1", kernelV1(960 * kMiB), kServer,
       boundV1(kKernelV1 / 16 * 15), BoundKind::kGroup, PressureLevel::kNormal},
      {"SlabV1WhereTheMachineReclaimsNearlyNone", "docker-v1", kernelV1(64 * kMiB), kServer,
       boundV1(kKernelV1 / 16), BoundKind::kGroup, PressureLevel::kHigh},
      {"SlabV1WhereTheMachineReclaimsNone", "docker-v1", kernelV1(0), kServer, boundV1(0),
       BoundKind::kGroup, PressureLevel::kHigh},
      {"SlabV1WhereMeminfoDoesNotTellSlab", "docker-v1", kernelV1WithoutSlab({}), kServer,
       boundV1(0), BoundKind::kGroup, PressureLevel::kHigh},
      {"SlabV1WhereMeminfoTellsNoKernelMemory", "docker-v1",
       kernelV1WithoutSlab({"KernelStack", "PageTables", "Percpu"}), kServer, boundV1(0),
       BoundKind::kGroup, PressureLevel::kHigh},
      {"SlabV1NeverMoreThanTheMachineReclaims", "docker-v1",
       [](const FileTree& tree) {
         kernelV1WithoutSlab({"KernelStack", "PageTables", "Percpu"})(tree);
         constexpr uint64_t kKilobytes = 64 * kMiB / kKiB;
         meminfoOf(tree).setKiB("Slab", kKilobytes).setKiB("SReclaimable", kKilobytes);
       },
       kServer, boundV1(64 * kMiB), BoundKind::kGroup, PressureLevel::kElevated},
      {"SlabV1WithoutAFileOfItCounts", "docker-v1",
       [](const FileTree& tree) {
         kernelV1(960 * kMiB)(tree);
         tree.remove("cgroup/memory/memory.kmem.usage_in_bytes");
       },
       kServer, boundV1(0), BoundKind::kGroup, PressureLevel::kHigh},

      {"KernelV2UnreclaimableSlab", "docker-v2", becameV2("slab_unreclaimable", 421888), kServer,
       kAllOfItUsed, BoundKind::kGroup, PressureLevel::kElevated},
      {"KernelV2PageTables", "docker-v2", becameV2("pagetables", 1257472), kServer, kAllOfItUsed,
       BoundKind::kGroup, PressureLevel::kElevated},
      {"KernelV2Stacks", "docker-v2", becameV2("kernel_stack", 196608), kServer, kAllOfItUsed,
       BoundKind::kGroup, PressureLevel::kElevated},
      {"KernelV2BuffersOfSockets", "docker-v2", becameV2("sock", 8192), kServer, kAllOfItUsed,
       BoundKind::kGroup, PressureLevel::kElevated},
      {"KernelV2PerCpu", "docker-v2", becameV2("percpu", 2880), kServer, kAllOfItUsed,
       BoundKind::kGroup, PressureLevel::kElevated},
      // What memory.stat shows counts also where memory.current has not caught up.
      {"KernelV2ShownBeforeItIsCharged", "docker-v2",
       [](const FileTree& tree) {
         becameV2("slab_unreclaimable", 421888)(tree);
         tree.write("cgroup/memory.current", "4096\n");
       },
       kServer, MemoryBound{docker_v2::kLimit, docker_v2::kShown + docker_v2::kFiles},
       BoundKind::kGroup, PressureLevel::kElevated},
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(Kernel, LinuxReading, ::testing::ValuesIn(kernelReadings()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(KernelReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(kernelReadings())), nameOf<NamedMachine>);

}  // namespace
}  // namespace ebbcache::testing
