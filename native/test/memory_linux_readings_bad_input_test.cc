// The files in these tables lack lines, contradict each other, or are malformed. Some are read all
// the same, and others are refused.
#include <limits>

#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

Edit statText(const std::string& file, const std::string& text) {
  return [=](const FileTree& tree) { tree.write(file, text); };
}

Reading readsV2(const std::string& name, const Edit& edit, uint64_t used, PressureLevel level) {
  return {name, "docker-v2", edit, kServer, MemoryBound{docker_v2::kLimit, used}, BoundKind::kGroup,
          level};
}

Reading readsV1(const std::string& name, const Edit& edit, uint64_t used, PressureLevel level) {
  return {name, "docker-v1", edit, kServer, MemoryBound{docker_v1::kLimit, used}, BoundKind::kGroup,
          level};
}

const std::vector<Reading>& badInputReadings() {
  constexpr auto kNormal = PressureLevel::kNormal;
  constexpr auto kElevated = PressureLevel::kElevated;
  constexpr auto kCritical = PressureLevel::kCritical;
  // memory.stat shows this much kernel memory.
  constexpr uint64_t kKernel = docker_v2::kShown - 264777728 - 4096;
  static const std::vector<Reading> kReadings{
      readsV2("FieldsMissing", statText(docker_v2::kStat, "anon 264777728\n"), docker_v2::kCharged,
              kElevated),
      readsV2("AllFieldsMissing", statText(docker_v2::kStat, ""), docker_v2::kCharged, kElevated),
      readsV2(
          "OneListMissing",
          [](const FileTree& tree) { Fields(tree, docker_v2::kStat).drop("active_file"); },
          docker_v2::kUsed + 38273024, kNormal),
      readsV2(
          "OneAnonymousListMissing",
          [](const FileTree& tree) {
            Fields(tree, docker_v2::kStat).drop("active_anon").set("inactive_anon", kMax);
          },
          docker_v2::kUsed, kNormal),
      readsV2("UnknownFields", statV2({{"file_thp_of_tomorrow", kMax}}), docker_v2::kUsed, kNormal),
      readsV2("FilesMoreThanIsCharged", statV2({{"inactive_file", uint64_t{1} << 63}}),
              docker_v2::kShown, kNormal),
      readsV2("SumOfFilesThatOverflows", statV2({{"inactive_file", kMax}, {"active_file", kMax}}),
              docker_v2::kShown, kNormal),
      readsV2("SumOfDirtyFilesThatOverflows",
              statV2({{"file_dirty", kMax}, {"file_writeback", kMax}}),
              docker_v2::kUsed + docker_v2::kFiles, kElevated),
      readsV2("SumOfAllThatIsReclaimableThatOverflows",
              statV2({{"inactive_file", kMax - 1}, {"slab_reclaimable", kMax - 1}}),
              docker_v2::kShown, kNormal),
      readsV2("SumOfWhatIsShownThatOverflows",
              statV2({{"inactive_anon", kMax}, {"active_anon", kMax}, {"sock", kMax}}),
              docker_v2::kLimit, kCritical),
      readsV2("RefaultsThatOverflow", statV2({{"workingset_refault_file", kMax}}), docker_v2::kUsed,
              kNormal),
      readsV2("ListsFromAMomentWithMoreMemory", statV2({{"inactive_anon", 500 * kMiB}}),
              500 * kMiB + 4096 + kKernel, kCritical),
      readsV2("ListsFromAMomentWithMorePageCache", statV2({{"inactive_file", 300 * kMiB}}),
              docker_v2::kShown, kNormal),
      readsV2("ListsFromAMomentWithLess",
              statV2({{"inactive_anon", 4096}, {"inactive_file", 4096}, {"active_file", 0}}),
              docker_v2::kCharged - 4096 - docker_v2::kReclaimableSlab, kElevated),
      readsV2("NothingCharged", statText("cgroup/memory.current", "0\n"), docker_v2::kShown,
              kNormal),
      readsV2("AllThatThereCanBeCharged", statText("cgroup/memory.current", std::to_string(kMax)),
              docker_v2::kLimit, kCritical),

      readsV1("V1FieldsMissing", statText(docker_v1::kStat, "total_rss 212643840\n"),
              docker_v1::kCharged, kNormal),
      readsV1("V1FilesMoreThanIsCharged", statV1({{"total_inactive_file", kMax}}),
              docker_v1::kShown, kNormal),
      readsV1("V1SumThatOverflows",
              statV1({{"total_active_anon", kMax}, {"total_unevictable", kMax}}), docker_v1::kLimit,
              kCritical),
      readsV1("V1ListsFromAMomentWithMoreMemory", statV1({{"total_inactive_anon", 200 * kMiB}}),
              docker_v1::kShown + 200 * kMiB, kElevated),
      readsV1("V1KernelMemoryMoreThanIsCharged",
              statText("cgroup/memory/memory.kmem.usage_in_bytes", std::to_string(kMax)),
              docker_v1::kShown, kNormal),
      readsV1(
          "V1KernelMemoryMoreThanIsChargedAllReclaimable",
          [](const FileTree& tree) {
            tree.write("cgroup/memory/memory.kmem.usage_in_bytes", std::to_string(kMax));
            const Fields meminfo = meminfoOf(tree);
            meminfo.setKiB("Slab", 612344).setKiB("SUnreclaim", 0).setKiB("KernelStack", 0);
            meminfo.setKiB("PageTables", 0).setKiB("Percpu", 0);
          },
          docker_v1::kShown, kNormal),
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(BadInput, LinuxReading, ::testing::ValuesIn(badInputReadings()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(BadInputReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(badInputReadings())), nameOf<NamedMachine>);

struct Refused {
  std::string name;
  std::string recorded;
  Edit edit;
  /// The error is "The file <file> <why>.", in which the file is that of the tree.
  std::string file;
  std::string why;
};

void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

Refused malformedStat(const std::string& name, bool v1, const std::string& field,
                      const std::string& value) {
  const std::string file = v1 ? docker_v1::kStat : docker_v2::kStat;
  return {name, v1 ? "docker-v1" : "docker-v2",
          [=](const FileTree& tree) { Fields(tree, file).setText(field, value); }, file,
          "has a malformed " + field};
}

Refused malformedMeminfo(const std::string& name, const std::string& field,
                         const std::string& value) {
  return {name, "bare-metal",
          [=](const FileTree& tree) {
            meminfoOf(tree).drop("MemAvailable").drop(field);
            tree.write("proc/meminfo",
                       readText(tree, "proc/meminfo") + field + ": " + value + "\n");
          },
          "proc/meminfo", "has a malformed " + field};
}

Refused malformedNumber(const std::string& name, const std::string& file) {
  return {name, "docker-v1",
          [=](const FileTree& tree) { tree.write("cgroup/memory/" + file, "12x\n"); },
          "cgroup/memory/" + file, "does not hold a number of bytes"};
}

Refused zeroLimit(const std::string& name, const std::string& field) {
  return {name, "docker-v1",
          [=](const FileTree& tree) { Fields(tree, docker_v1::kStat).set(field, 0); },
          docker_v1::kStat, "says 0 for " + field + ", a limit that no process can run under"};
}

const std::vector<Refused>& refusals() {
  static const std::vector<Refused> kRefusals{
      malformedStat("StatV2Negative", false, "active_file", "-1"),
      malformedStat("StatV2WithoutAValue", false, "slab_reclaimable", ""),
      malformedStat("StatV2Fraction", false, "sock", "1.5"),
      malformedStat("StatV2TooLarge", false, "file_dirty", "18446744073709551616"),
      malformedStat("StatV2Word", false, "shmem", "max"),
      malformedStat("StatV2Hexadecimal", false, "unevictable", "0x10"),
      malformedStat("StatV2Refaults", false, "workingset_refault_file", "many"),
      malformedStat("StatV2RefaultsOfOldKernels", false, "workingset_refault", "many"),
      malformedStat("StatV1Shmem", true, "total_shmem", "1e6"),
      malformedStat("StatV1List", true, "total_active_file", "7kB"),
      malformedStat("StatV1InheritedLimit", true, "hierarchical_memory_limit", "max"),
      malformedStat("StatV1InheritedSumLimit", true, "hierarchical_memsw_limit", ""),
      malformedMeminfo("MeminfoFree", "MemFree", "-1 kB"),
      malformedMeminfo("MeminfoShmem", "Shmem", "12345 MB"),
      malformedMeminfo("MeminfoReclaimableSlab", "SReclaimable", ""),
      malformedMeminfo("MeminfoAllHugePages", "Hugetlb", "x kB"),
      malformedMeminfo("MeminfoSizeOfHugePages", "Hugepagesize", "18446744073709551615 kB"),
      malformedMeminfo("MeminfoCountOfHugePages", "HugePages_Total", "-2"),
      malformedNumber("KernelMemoryV1", "memory.kmem.usage_in_bytes"),
      malformedNumber("SumLimitV1", "memory.memsw.limit_in_bytes"),
      malformedNumber("SumUsageV1", "memory.memsw.usage_in_bytes"),
      zeroLimit("InheritedLimitOfZero", "hierarchical_memory_limit"),
      zeroLimit("InheritedSumLimitOfZero", "hierarchical_memsw_limit"),
  };
  return kRefusals;
}

class LinuxRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(LinuxRefusal, NamesTheFileAndTheFieldAndLeavesTheUsageAlone) {
  const Refused& expected = GetParam();
  const auto machine = makeMachine(expected.recorded, expected.edit);
  const auto reader = openMemoryReader(machine->roots());
  for (int i = 0; i < 2; ++i) {
    MemoryUsage usage;
    usage.system = MemoryBound{4711, 47};
    usage.group = MemoryBound{471, 4};
    std::string error;
    EXPECT_FALSE(reader->readUsage(usage, error));
    EXPECT_EQ(error, "The file " + machine->tree.path(expected.file) + " " + expected.why + ".");
    EXPECT_EQ(usage.system.limit, 4711U);
    EXPECT_EQ(usage.system.used, 47U);
    ASSERT_TRUE(usage.group.has_value());
    EXPECT_EQ(usage.group.value_or(MemoryBound{}).limit, 471U);
    EXPECT_EQ(usage.group.value_or(MemoryBound{}).used, 4U);
  }
}

TEST_P(LinuxRefusal, EndsWhenTheFileIsAsItWas) {
  const Refused& expected = GetParam();
  const auto machine = makeMachine(expected.recorded, expected.edit);
  const RecordedMachine whole(expected.recorded);
  const auto reader = openMemoryReader(machine->roots());
  MemoryUsage usage;
  std::string error;
  ASSERT_FALSE(reader->readUsage(usage, error));
  if (std::filesystem::exists(whole.tree.path(expected.file))) {
    machine->tree.write(expected.file, readText(whole.tree, expected.file));
  } else {
    machine->tree.remove(expected.file);
  }
  EXPECT_TRUE(reader->readUsage(usage, error)) << error;
}

INSTANTIATE_TEST_SUITE_P(BadInput, LinuxRefusal, ::testing::ValuesIn(refusals()), nameOf<Refused>);

}  // namespace
}  // namespace ebbcache::testing
