// These tables are about the machine itself: what is available, huge pages, and the cache of ZFS.
#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

// The meminfo of kServer has these numbers of kilobytes.
constexpr uint64_t kTotal = 16283124;
constexpr uint64_t kFree = 1504212;
constexpr uint64_t kBuffers = 412340;
constexpr uint64_t kCached = 8123456;
constexpr uint64_t kShmem = 12345;
constexpr uint64_t kReclaimable = 612344;

constexpr MemoryBound ofKiB(uint64_t total, uint64_t used) {
  return {total * kKiB, used * kKiB};
}

/// Returns kServer's bound when what is available has to be estimated.
constexpr MemoryBound estimated(uint64_t cachedWithoutShmem) {
  return ofKiB(kTotal, kTotal - kFree - kBuffers - cachedWithoutShmem - kReclaimable);
}

const std::vector<Reading>& available() {
  static const std::vector<Reading> kReadings{
      {"Missing", "bare-metal", [](const FileTree& tree) { meminfoOf(tree).drop("MemAvailable"); },
       estimated(kCached - kShmem), std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"Zero", "bare-metal",
       [](const FileTree& tree) { meminfoOf(tree).setKiB("MemAvailable", 0); },
       estimated(kCached - kShmem), std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"AboveTheTotal", "bare-metal",
       [](const FileTree& tree) { meminfoOf(tree).setKiB("MemAvailable", kTotal + 1); },
       estimated(kCached - kShmem), std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"OfAllOfTheTotalIsBelieved", "bare-metal",
       [](const FileTree& tree) { meminfoOf(tree).setKiB("MemAvailable", kTotal); },
       ofKiB(kTotal, 0), std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"MissingWithMuchShmemInCached", "bare-metal",
       [](const FileTree& tree) {
         meminfoOf(tree).drop("MemAvailable").setKiB("Shmem", 7'000'000);
       },
       estimated(kCached - 7'000'000), std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"MissingWithShmemLargerThanCached", "bare-metal",
       [](const FileTree& tree) {
         meminfoOf(tree).drop("MemAvailable").setKiB("Shmem", kCached + 1);
       },
       estimated(0), std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"MissingWithoutShmem", "bare-metal",
       [](const FileTree& tree) { meminfoOf(tree).drop("MemAvailable").drop("Shmem"); },
       estimated(kCached), std::nullopt, BoundKind::kSystem, PressureLevel::kNormal},
      {"MissingWithMoreInItsPlaceThanTheTotal", "bare-metal",
       [](const FileTree& tree) {
         meminfoOf(tree).drop("MemAvailable").setKiB("SReclaimable", kTotal);
       },
       ofKiB(kTotal, kTotal - kFree), std::nullopt, BoundKind::kSystem, PressureLevel::kHigh},
      {"ZeroWithNothingFree", "bare-metal",
       [](const FileTree& tree) {
         meminfoOf(tree).setKiB("MemAvailable", 0).setKiB("MemFree", 0).setKiB("Cached", 0);
         meminfoOf(tree).setKiB("Buffers", 0).setKiB("SReclaimable", 0);
       },
       ofKiB(kTotal, kTotal), std::nullopt, BoundKind::kSystem, PressureLevel::kCritical},
  };
  return kReadings;
}

/// The machine has 4 GiB of huge pages, and 2.5 GB are available.
constexpr uint64_t kHuge = 4194304;
constexpr uint64_t kAvailable = 2'500'000;
constexpr MemoryBound kWithoutHuge = ofKiB(kTotal - kHuge, kTotal - kHuge - kAvailable);
constexpr MemoryBound kWithHuge = ofKiB(kTotal, kTotal - kAvailable);

Edit huge(const std::function<void(const Fields&)>& edit) {
  return [edit](const FileTree& tree) {
    const Fields meminfo = meminfoOf(tree);
    meminfo.setKiB("Active", 2'000'000).setKiB("Inactive", 5'000'000);
    meminfo.setKiB("MemAvailable", kAvailable);
    edit(meminfo);
  };
}

/// The container "lxc" is shown the host's pool by lxcfs.
Edit hostsPool(uint64_t kilobytes) {
  return [=](const FileTree& tree) { meminfoOf(tree).setKiB("Hugetlb", kilobytes); };
}

constexpr MemoryBound kLxc{2048 * kMiB, 365928448};
constexpr MemoryBound kLxcGroup{1024 * kMiB, 284606464};

const std::vector<Reading>& hugePages() {
  static const std::vector<Reading> kReadings{
      {"OfAllSizes", "bare-metal", huge([](const Fields& info) { info.setKiB("Hugetlb", kHuge); }),
       kWithoutHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfAllSizesBeforeThoseOfOne", "bare-metal", huge([](const Fields& info) {
         info.setKiB("Hugetlb", kHuge).setCount("HugePages_Total", 7);
       }),
       kWithoutHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfOneSize", "bare-metal", huge([](const Fields& info) {
         info.drop("Hugetlb").setCount("HugePages_Total", 2048).setKiB("Hugepagesize", 2048);
       }),
       kWithoutHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfOneGiBEach", "bare-metal", huge([](const Fields& info) {
         info.drop("Hugetlb").setCount("HugePages_Total", 4).setKiB("Hugepagesize", 1048576);
       }),
       kWithoutHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfAnUnknownSizeAreNone", "bare-metal", huge([](const Fields& info) {
         info.drop("Hugetlb").setCount("HugePages_Total", 2048).drop("Hugepagesize");
       }),
       kWithHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfMoreThanFitsAreNone", "bare-metal", huge([](const Fields& info) {
         info.drop("Hugetlb").setCount("HugePages_Total", uint64_t{1} << 54);
       }),
       kWithHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
      {"OfTheHostThatDoNotFitAContainer", "lxc", hostsPool(1048576), kLxc, kLxcGroup,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"OfTheHostThatAreMoreThanAContainerHas", "lxc", hostsPool(64 * kHuge), kLxc, kLxcGroup,
       BoundKind::kGroup, PressureLevel::kNormal},
      {"OfTheHostThatAreAllThatAContainerHas", "lxc", hostsPool(2097152), kLxc, kLxcGroup,
       BoundKind::kGroup, PressureLevel::kNormal},
      // The rest of the machine is less than the limit of the group.
      {"LeaveLessThanAGroupMayHave", "docker-v2",
       [](const FileTree& tree) {
         huge([](const Fields& info) { info.setKiB("Hugetlb", kHuge); })(tree);
         tree.write("cgroup/memory.max", std::to_string(13 * kGiB) + "\n");
       },
       kWithoutHuge, std::nullopt, BoundKind::kSystem, PressureLevel::kElevated},
  };
  return kReadings;
}

constexpr const char* kArcstats = "proc/spl/kstat/zfs/arcstats";

std::string arcstats(const std::string& size, const std::string& minimum) {
  return "13 1 0x01 123 33456 10413458133 51423423472934\n"
         "name                            type data\n"
         "hits                            4    53424923\n"
         "c                               4    8589934592\n"
         "c_min                           4    " +
         minimum +
         "\n"
         "c_max                           4    8589934592\n"
         "size                            4    " +
         size +
         "\n"
         "compressed_size                 4    17179869184\n";
}

/// The machine has 2 GB available beside what ZFS gives back.
constexpr MemoryBound kArcUsed = ofKiB(kTotal, kTotal - 2'000'000);

Edit arc(const std::string& text) {
  return [text](const FileTree& tree) {
    meminfoOf(tree).setKiB("Active", 1'000'000).setKiB("Inactive", 2'000'000);
    meminfoOf(tree).setKiB("MemAvailable", 2'000'000);
    tree.write(kArcstats, text);
  };
}

Reading unusableArc(const std::string& name, const std::string& text) {
  return {name,         "bare-metal",       arc(text),           kArcUsed,
          std::nullopt, BoundKind::kSystem, PressureLevel::kHigh};
}

const std::vector<Reading>& zfs() {
  // As much memory is neither free nor on a list of pages.
  constexpr uint64_t kRoom = kTotal - kFree - 1'000'000 - 2'000'000 - 32;
  static const std::vector<Reading> kReadings{
      {"AboveItsMinimumIsAvailable",
       "bare-metal",
       arc(arcstats("4294967296", "536870912")),
       {kArcUsed.limit, kArcUsed.used - (4 * kGiB - 512 * kMiB)},
       std::nullopt,
       BoundKind::kSystem,
       PressureLevel::kNormal},
      {"OfAllTheRoomThereIs",
       "bare-metal",
       arc(arcstats(std::to_string(kRoom * kKiB), "0")),
       {kArcUsed.limit, kArcUsed.used - kRoom * kKiB},
       std::nullopt,
       BoundKind::kSystem,
       PressureLevel::kNormal},
      unusableArc("OfMoreThanThereIsRoomFor", arcstats(std::to_string(kRoom * kKiB + 1), "0")),
      unusableArc("BelowItsMinimum", arcstats("268435456", "536870912")),
      unusableArc("AtItsMinimum", arcstats("536870912", "536870912")),
      unusableArc("Empty", ""),
      unusableArc("TruncatedBeforeItsSize", arcstats("", "").substr(0, 200)),
      unusableArc("TruncatedWithinItsMinimum", "size 4 4294967296\nc_min 4"),
      unusableArc("MalformedSize", arcstats("4e9", "536870912")),
      unusableArc("MalformedMinimum", arcstats("4294967296", "-1")),
      unusableArc("AbsurdlyLarge", arcstats("18446744073709551615", "0")),
      unusableArc("LargerThanNumbersAre", arcstats("18446744073709551616", "0")),
      {"ThatCannotBeRead", "bare-metal",
       [](const FileTree& tree) {
         arc("")(tree);
         tree.remove(kArcstats);
         std::filesystem::create_directories(tree.path(kArcstats));
       },
       kArcUsed, std::nullopt, BoundKind::kSystem, PressureLevel::kHigh},
      {"LongerThanSuchAFileCanBe", "bare-metal",
       arc(arcstats("4294967296", "0") + std::string(100'000, '\n')), kArcUsed, std::nullopt,
       BoundKind::kSystem, PressureLevel::kHigh},
      {"OfTheHostInAContainer", "lxc",
       [](const FileTree& tree) { tree.write(kArcstats, arcstats("32212254720", "1073741824")); },
       kLxc, kLxcGroup, BoundKind::kGroup, PressureLevel::kNormal},
      {"OfTheHostWithLessThanAContainerHas", "lxc",
       [](const FileTree& tree) { tree.write(kArcstats, arcstats("536870912", "0")); }, kLxc,
       kLxcGroup, BoundKind::kGroup, PressureLevel::kNormal},
      {"AboveItsMinimumWhereMemAvailableIsMissing",
       "bare-metal",
       [](const FileTree& tree) {
         arc(arcstats("4294967296", "536870912"))(tree);
         meminfoOf(tree).drop("MemAvailable").setKiB("Cached", 1'000'000).setKiB("Shmem", 0);
       },
       {kServer.limit, estimated(1'000'000).used - (4 * kGiB - 512 * kMiB)},
       std::nullopt,
       BoundKind::kSystem,
       PressureLevel::kNormal},
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(MemAvailable, LinuxReading, ::testing::ValuesIn(available()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(HugePages, LinuxReading, ::testing::ValuesIn(hugePages()),
                         nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(Arc, LinuxReading, ::testing::ValuesIn(zfs()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(MemAvailableReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(available())), nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(HugePageReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(hugePages())), nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(ArcReadings, MemoryContract, ::testing::ValuesIn(machinesOf(zfs())),
                         nameOf<NamedMachine>);

}  // namespace
}  // namespace ebbcache::testing
