// This table has groups that hold page cache and tmpfs.
#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

constexpr MemoryBound kAllCleanV2{docker_v2::kLimit, docker_v2::kUsed};
constexpr MemoryBound kNoneCleanV2{docker_v2::kLimit,
                                   docker_v2::kCharged - docker_v2::kReclaimableSlab};
constexpr MemoryBound kAllCacheV1{docker_v1::kLimit, docker_v1::kUsed};
constexpr MemoryBound kNoCacheV1{docker_v1::kLimit, docker_v1::kCharged};

/// The group of the process has 360 MiB of 512 MiB in use, and is in a group of 1 GiB.
Edit nested(bool v1, uint64_t parentCharged, uint64_t parentFiles) {
  return [=](const FileTree& tree) {
    tree.write("proc/self/cgroup", v1 ? "5:memory:/pod/app\n" : "0::/pod/app\n");
    const std::string limit = std::to_string(512 * kMiB);
    const std::string parentLimit = std::to_string(kGiB);
    if (v1) {
      writeGroupV1(tree, "cgroup/memory", parentLimit, parentCharged, parentFiles, parentLimit);
      writeGroupV1(tree, "cgroup/memory/pod", parentLimit, parentCharged, parentFiles, parentLimit);
      writeGroupV1(tree, "cgroup/memory/pod/app", limit, 400 * kMiB, 40 * kMiB, limit);
    } else {
      tree.write("cgroup/cgroup.procs", "");
      writeGroupV2(tree, "cgroup/pod", parentLimit, parentCharged, parentFiles);
      writeGroupV2(tree, "cgroup/pod/app", limit, 400 * kMiB, 40 * kMiB);
    }
  };
}

const std::vector<Reading>& cleanFiles() {
  static const std::vector<Reading> kReadings{
      {"ActiveV2DoesNotCount", "docker-v2",
       statV2({{"inactive_file", 0}, {"active_file", docker_v2::kFiles}}), kServer, kAllCleanV2,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"InactiveV2DoesNotCount", "docker-v2",
       statV2({{"inactive_file", docker_v2::kFiles}, {"active_file", 0}}), kServer, kAllCleanV2,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"ActiveV1DoesNotCount", "docker-v1",
       statV1({{"total_inactive_file", 0}, {"total_active_file", docker_v1::kFiles}}), kServer,
       kAllCacheV1, BoundKind::kGroup, PressureLevel::kNormal},
      // Names without "total_" leave the descendants out.
      {"ActiveV1WithoutItsDescendantsIsNotLookedAt", "docker-v1",
       statV1({{"inactive_file", 0}, {"active_file", 512 * kMiB}}), kServer, kAllCacheV1,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"ActiveV1OfDescendantsOnly", "docker-v1",
       statV1({{"active_file", 0}, {"inactive_file", 0}, {"total_active_file", 0}}), kServer,
       MemoryBound{docker_v1::kLimit, docker_v1::kCharged - 101711872}, BoundKind::kGroup,
       PressureLevel::kNormal},
      // The parent is tighter by charged bytes; the group is tighter by used bytes.
      {"NestedV2ParentFullOfPageCache", "bare-metal", nested(false, 960 * kMiB, 800 * kMiB),
       kServer, MemoryBound{512 * kMiB, 360 * kMiB}, BoundKind::kGroup, PressureLevel::kNormal},
      {"NestedV2ParentFullOfOtherMemory", "bare-metal", nested(false, 1000 * kMiB, 20 * kMiB),
       kServer, MemoryBound{kGiB, 980 * kMiB}, BoundKind::kGroup, PressureLevel::kCritical},
      {"NestedV1ParentFullOfPageCache", "bare-metal", nested(true, 960 * kMiB, 800 * kMiB), kServer,
       MemoryBound{512 * kMiB, 360 * kMiB}, BoundKind::kGroup, PressureLevel::kNormal},
      {"NestedV1ParentFullOfOtherMemory", "bare-metal", nested(true, 1000 * kMiB, 20 * kMiB),
       kServer, MemoryBound{kGiB, 980 * kMiB}, BoundKind::kGroup, PressureLevel::kCritical},
  };
  return kReadings;
}

/// So many bytes are charged to "docker-v1" in addition.
constexpr uint64_t kMoreV1 = 128 * kMiB;

void chargeMoreV1(const FileTree& tree) {
  const std::string charged = std::to_string(docker_v1::kCharged + kMoreV1) + "\n";
  tree.write("cgroup/memory/memory.usage_in_bytes", charged);
  tree.write("cgroup/memory/memory.memsw.usage_in_bytes", charged);
}

const std::vector<Reading>& tmpfs() {
  static const std::vector<Reading> kReadings{
      // Pages of tmpfs are in "file", but on the lists of anonymous pages.
      {"V2FileWithShmemCounts", "docker-v2",
       statV2({{"shmem", docker_v2::kFiles},
               {"inactive_file", 0},
               {"active_file", 0},
               {"inactive_anon", 264777728 + docker_v2::kFiles}}),
       kServer, kNoneCleanV2, BoundKind::kGroup, PressureLevel::kElevated},
      {"V2HalfOfTheFilesAreTmpfs", "docker-v2",
       statV2({{"shmem", docker_v2::kFiles / 2},
               {"inactive_file", docker_v2::kFiles / 2},
               {"active_file", 0},
               {"active_anon", 4096 + docker_v2::kFiles / 2}}),
       kServer, MemoryBound{docker_v2::kLimit, docker_v2::kUsed + docker_v2::kFiles / 2},
       BoundKind::kGroup, PressureLevel::kNormal},
      // Without lists memory.stat shows anonymous memory and tmpfs all the same.
      {"V2ShmemCountsWhereThereAreNoLists", "docker-v2",
       [](const FileTree& tree) {
         tree.write(docker_v2::kStat, "anon 314572800\nfile 104857600\nshmem 104857600\n");
         tree.write("cgroup/memory.current", "209715200\n");
       },
       kServer, MemoryBound{docker_v2::kLimit, 400 * kMiB}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"V1CacheWithShmemCounts", "docker-v1",
       [](const FileTree& tree) {
         statV1({{"total_cache", docker_v1::kFiles + kMoreV1},
                 {"total_shmem", docker_v1::kFiles + kMoreV1},
                 {"total_inactive_anon", docker_v1::kFiles + kMoreV1},
                 {"total_inactive_file", 0},
                 {"total_active_file", 0}})(tree);
         chargeMoreV1(tree);
       },
       kServer, MemoryBound{docker_v1::kLimit, docker_v1::kCharged + kMoreV1}, BoundKind::kGroup,
       PressureLevel::kHigh},
      {"V1SomeTmpfsBesidePageCache", "docker-v1",
       [](const FileTree& tree) {
         statV1({{"total_cache", docker_v1::kFiles + kMoreV1},
                 {"total_shmem", kMoreV1},
                 {"total_inactive_anon", kMoreV1}})(tree);
         chargeMoreV1(tree);
       },
       kServer, MemoryBound{docker_v1::kLimit, docker_v1::kUsed + kMoreV1}, BoundKind::kGroup,
       PressureLevel::kNormal},
      {"V2MlockedPageCacheCounts", "docker-v2",
       statV2({{"unevictable", docker_v2::kFiles}, {"inactive_file", 0}, {"active_file", 0}}),
       kServer, kNoneCleanV2, BoundKind::kGroup, PressureLevel::kElevated},
      {"V1MlockedPageCacheCounts", "docker-v1",
       statV1({{"total_unevictable", docker_v1::kFiles},
               {"total_inactive_file", 0},
               {"total_active_file", 0}}),
       kServer, kNoCacheV1, BoundKind::kGroup, PressureLevel::kNormal},
  };
  return kReadings;
}

const std::vector<Reading>& dirtyFiles() {
  static const std::vector<Reading> kReadings{
      {"V2DirtyCounts", "docker-v2", statV2({{"file_dirty", 140 * kMiB}}), kServer,
       MemoryBound{docker_v2::kLimit, docker_v2::kUsed + 140 * kMiB}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"V2WritebackCounts", "docker-v2", statV2({{"file_writeback", 140 * kMiB}}), kServer,
       MemoryBound{docker_v2::kLimit, docker_v2::kUsed + 140 * kMiB}, BoundKind::kGroup,
       PressureLevel::kElevated},
      {"V2DirtyAndWritebackCountTogether", "docker-v2",
       statV2({{"file_dirty", 70 * kMiB}, {"file_writeback", 50 * kMiB}}), kServer,
       MemoryBound{docker_v2::kLimit, docker_v2::kUsed + 120 * kMiB}, BoundKind::kGroup,
       PressureLevel::kNormal},
      {"V2DirtyAndWritebackMoreThanTheListsOfFiles", "docker-v2",
       statV2({{"file_dirty", docker_v2::kFiles}, {"file_writeback", docker_v2::kFiles}}), kServer,
       kNoneCleanV2, BoundKind::kGroup, PressureLevel::kElevated},
      {"V1DirtyDoesNotCount", "docker-v1", statV1({{"total_dirty", docker_v1::kFiles}}), kServer,
       kAllCacheV1, BoundKind::kGroup, PressureLevel::kNormal},
      {"V1WritebackDoesNotCount", "docker-v1", statV1({{"total_writeback", docker_v1::kFiles}}),
       kServer, kAllCacheV1, BoundKind::kGroup, PressureLevel::kNormal},
      {"V1DirtyAndWritebackMoreThanTheListsOfFiles", "docker-v1",
       statV1({{"total_dirty", kGiB}, {"total_writeback", kGiB}}), kServer, kAllCacheV1,
       BoundKind::kGroup, PressureLevel::kNormal},
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(Files, LinuxReading, ::testing::ValuesIn(cleanFiles()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(Tmpfs, LinuxReading, ::testing::ValuesIn(tmpfs()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(Dirty, LinuxReading, ::testing::ValuesIn(dirtyFiles()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(FileReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(cleanFiles())), nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(TmpfsReadings, MemoryContract, ::testing::ValuesIn(machinesOf(tmpfs())),
                         nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(DirtyReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(dirtyFiles())), nameOf<NamedMachine>);

}  // namespace
}  // namespace ebbcache::testing
