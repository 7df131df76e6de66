// The groups in these tables are bounded by limits of several kinds.
#include <unistd.h>

#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

constexpr const char* kUnlimited = "9223372036854771712";
const uint64_t kPageBytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

constexpr MemoryBound kSameV1{docker_v1::kLimit, docker_v1::kUsed};

void writeLimitsV1(const FileTree& tree, const std::string& memory, const std::string& sum) {
  tree.write("cgroup/memory/memory.limit_in_bytes", memory + "\n");
  tree.write("cgroup/memory/memory.memsw.limit_in_bytes", sum + "\n");
}

/// "docker-v1" has no limit here; its kernel writes that with pages of another size.
Edit unlimited(const std::string& bytes) {
  return [bytes](const FileTree& tree) {
    writeLimitsV1(tree, bytes, bytes);
    Fields(tree, docker_v1::kStat)
        .setText("hierarchical_memory_limit", bytes)
        .setText("hierarchical_memsw_limit", bytes);
  };
}

/// Nothing limits it here, but an ancestor that is out of sight does.
Edit inherited(uint64_t memory, uint64_t sum, uint64_t sumUsage) {
  return [=](const FileTree& tree) {
    writeLimitsV1(tree, kUnlimited, kUnlimited);
    tree.write("cgroup/memory/memory.memsw.usage_in_bytes", std::to_string(sumUsage) + "\n");
    Fields(tree, docker_v1::kStat)
        .set("hierarchical_memory_limit", memory)
        .set("hierarchical_memsw_limit", sum);
  };
}

/// The group /pod/app is below the mount. 900 MiB are charged to the topmost group, 200 MiB to the
/// others.
Edit nestedV1(const std::string& ofTop, const std::string& ofPod, const std::string& ofApp,
              const std::string& limit) {
  return [=](const FileTree& tree) {
    tree.write("proc/self/cgroup", "5:memory:/pod/app\n");
    writeGroupV1(tree, "cgroup/memory", kUnlimited, 900 * kMiB, 100 * kMiB, ofTop);
    writeGroupV1(tree, "cgroup/memory/pod", kUnlimited, 200 * kMiB, 0, ofPod);
    writeGroupV1(tree, "cgroup/memory/pod/app", limit, 200 * kMiB, 0, ofApp);
  };
}

const std::vector<Reading>& ancestors() {
  static const std::vector<Reading> kReadings{
      {"MemoryLimit", "docker-v1", inherited(docker_v1::kLimit, kGiB, docker_v1::kCharged), kServer,
       kSameV1, BoundKind::kGroup, PressureLevel::kNormal},
      {"MemoryLimitBelowTheOwnOne", "docker-v1",
       [](const FileTree& tree) {
         Fields(tree, docker_v1::kStat).set("hierarchical_memory_limit", 256 * kMiB);
       },
       kServer, MemoryBound{256 * kMiB, docker_v1::kUsed}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"MemoryLimitAboveTheOwnOne", "docker-v1",
       [](const FileTree& tree) {
         Fields(tree, docker_v1::kStat).set("hierarchical_memory_limit", 768 * kMiB);
       },
       kServer, kSameV1, BoundKind::kGroup, PressureLevel::kNormal},
      {"MemoryLimitOfAsMuchAsTheMachineIsNone", "docker-v1",
       inherited(kServer.limit, kServer.limit, docker_v1::kCharged), kServer, std::nullopt,
       BoundKind::kSystem, PressureLevel::kNormal},
      // The group has 136 MiB left by this limit, and 307 MiB by that of memory.
      {"SumLimitWhereMuchIsSwapped", "docker-v1",
       inherited(docker_v1::kLimit, 600 * kMiB, 590 * kMiB), kServer,
       MemoryBound{600 * kMiB, 590 * kMiB - docker_v1::kFiles}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"SumLimitWhereLittleIsSwapped", "docker-v1",
       inherited(docker_v1::kLimit, 900 * kMiB, docker_v1::kCharged + 10 * kMiB), kServer, kSameV1,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"SumLimitIsNoneWhereSwapIsNotAccounted", "docker-v1",
       [](const FileTree& tree) {
         inherited(docker_v1::kLimit, 600 * kMiB, 590 * kMiB)(tree);
         tree.remove("cgroup/memory/memory.memsw.usage_in_bytes");
       },
       kServer, kSameV1, BoundKind::kGroup, PressureLevel::kNormal},
      {"UnlimitedByPagesOf4KiB", "docker-v1", unlimited("9223372036854771712"), kServer,
       std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"UnlimitedByPagesOf16KiB", "docker-v1", unlimited("9223372036854759424"), kServer,
       std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"UnlimitedByPagesOf64KiB", "docker-v1", unlimited("9223372036854710272"), kServer,
       std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"UnlimitedByPagesOf256KiB", "docker-v1", unlimited("9223372036854513664"), kServer,
       std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"UnlimitedByBytes", "docker-v1", unlimited("9223372036854775807"), kServer, std::nullopt,
       BoundKind::kSystem, PressureLevel::kNormal},
      {"OfTheTopmostGroup", "bare-metal",
       nestedV1("1073741824", kUnlimited, kUnlimited, kUnlimited), kServer,
       MemoryBound{kGiB, 800 * kMiB}, BoundKind::kGroup, PressureLevel::kElevated},
      {"NotOfGroupsBelowTheTopmost", "bare-metal",
       nestedV1(kUnlimited, "67108864", "67108864", kUnlimited), kServer, std::nullopt,
       BoundKind::kSystem, PressureLevel::kNormal},
      {"OfTheTopmostGroupBesideATighterOwnLimit", "bare-metal",
       nestedV1("1073741824", kUnlimited, "67108864", "268435456"), kServer,
       MemoryBound{256 * kMiB, 200 * kMiB}, BoundKind::kGroup, PressureLevel::kElevated},
  };
  return kReadings;
}

Edit high(const std::string& bytes) {
  return [bytes](const FileTree& tree) { tree.write("cgroup/memory.high", bytes + "\n"); };
}

/// The group /pod/app has 200 MiB of 512 MiB in use, and its parent 300 MiB of 1 GiB.
Edit nestedHigh(const std::string& ofPod, const std::string& ofApp) {
  return [=](const FileTree& tree) {
    tree.write("proc/self/cgroup", "0::/pod/app\n");
    tree.write("cgroup/cgroup.procs", "");
    writeGroupV2(tree, "cgroup/pod", "1073741824", 400 * kMiB, 100 * kMiB);
    writeGroupV2(tree, "cgroup/pod/app", "536870912", 200 * kMiB, 0);
    tree.write("cgroup/pod/memory.high", ofPod + "\n");
    tree.write("cgroup/pod/app/memory.high", ofApp + "\n");
  };
}

const std::vector<Reading>& throttles() {
  const MemoryBound page{kPageBytes, kPageBytes};
  static const std::vector<Reading> kReadings{
      {"OfZeroIsAPage", "docker-v2", high("0"), kServer, page, BoundKind::kGroup,
       PressureLevel::kCritical},
      {"OfLessThanAPageIsAPage", "docker-v2", high("1"), kServer, page, BoundKind::kGroup,
       PressureLevel::kCritical},
      {"OfZeroWhereNothingElseLimits", "docker-v2",
       [](const FileTree& tree) {
         high("0")(tree);
         tree.write("cgroup/memory.max", "max\n");
       },
       kServer, page, BoundKind::kGroup, PressureLevel::kCritical},
      {"OfZeroInAnAncestor", "bare-metal", nestedHigh("0", "max"), kServer, page, BoundKind::kGroup,
       PressureLevel::kCritical},
      {"BelowTheMaximum", "docker-v2", high("335544320"), kServer,
       MemoryBound{320 * kMiB, docker_v2::kUsed}, BoundKind::kGroup, PressureLevel::kElevated},
      {"AboveTheMaximum", "docker-v2", high("805306368"), kServer,
       MemoryBound{docker_v2::kLimit, docker_v2::kUsed}, BoundKind::kGroup, PressureLevel::kNormal},
      {"BelowWhatIsUsed", "docker-v2", high("134217728"), kServer,
       MemoryBound{128 * kMiB, 128 * kMiB}, BoundKind::kGroup, PressureLevel::kCritical},
      {"OfAnAncestorThatIsTighter", "bare-metal", nestedHigh("335544320", "max"), kServer,
       MemoryBound{320 * kMiB, 300 * kMiB}, BoundKind::kGroup, PressureLevel::kHigh},
      {"OfTheGroupBelowItsAncestor", "bare-metal", nestedHigh("max", "268435456"), kServer,
       MemoryBound{256 * kMiB, 200 * kMiB}, BoundKind::kGroup, PressureLevel::kElevated},
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(AncestorsOutOfSight, LinuxReading, ::testing::ValuesIn(ancestors()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(MemoryHigh, LinuxReading, ::testing::ValuesIn(throttles()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(AncestorReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(ancestors())), nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(MemoryHighReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(throttles())), nameOf<NamedMachine>);

}  // namespace
}  // namespace ebbcache::testing
