// These tests put random texts in the place of the files of a machine. EBBCACHE_TEST_SEED sets the
// texts.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "memory/linux/arcstats.h"
#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/memory_stat.h"
#include "memory/linux/mountinfo.h"
#include "memory/linux/used_memory.h"
#include "memory_linux_fields.h"
#include "memory_linux_mutations.h"
#include "recorded_machine.h"

namespace ebbcache::testing {
namespace {

constexpr const char* kArcstats = "proc/spl/kstat/zfs/arcstats";

/// A machine whose files are changed at random. Its process is in one group only.
struct Subject {
  std::string recorded;
  CgroupVersion version;
  /// The group has its files here.
  std::string folder;
};

const Subject kSubjects[] = {{"docker-v1", CgroupVersion::kV1, "cgroup/memory/"},
                             {"docker-v2", CgroupVersion::kV2, "cgroup/"},
                             {"inactive-above-usage", CgroupVersion::kV2, "cgroup/"},
                             {"gvisor", CgroupVersion::kV1, "cgroup/memory/"}};

void PrintTo(const Subject& subject, std::ostream* out) {
  *out << subject.recorded;
}

class LinuxRandomTexts : public ::testing::TestWithParam<Subject> {
 public:
  LinuxRandomTexts() {
    const Subject& subject = GetParam();
    machine.tree.write(kArcstats, "name type data\nc_min 4 1048576\nsize 4 1073741824\n");
    if (subject.version == CgroupVersion::kV1) {
      machine.tree.write(subject.folder + "memory.kmem.usage_in_bytes", "16777216\n");
    }
    // No mount can be found outside of the tree.
    std::string mounts = readText(machine.tree, "proc/self/mountinfo");
    constexpr std::string_view kUsual = "/sys/fs/cgroup";
    for (size_t at = mounts.find(kUsual); at != std::string::npos; at = mounts.find(kUsual, at)) {
      mounts.replace(at, kUsual.size(), machine.tree.path("cgroup"));
      at += machine.tree.path("cgroup").size();
    }
    machine.tree.write("proc/self/mountinfo", mounts);
    files = {"proc/meminfo", "proc/self/mountinfo", kArcstats, subject.folder + "memory.stat"};
    for (const std::string& file : files) texts[file] = readText(machine.tree, file);
  }

  /// Returns the bytes that the group's memory.stat shows to be in use, as far as it can be parsed.
  uint64_t shown() const {
    const Subject& subject = GetParam();
    MemoryStat stat;
    std::string ignored;
    parseMemoryStat(subject.version, readText(machine.tree, subject.folder + "memory.stat"), stat,
                    ignored);
    return shownInUse(stat);
  }

  static void expectBound(const MemoryBound& bound) {
    EXPECT_GT(bound.limit, 0U);
    EXPECT_LE(bound.used, bound.limit);
  }

  void expectUsage(const MemoryUsage& usage) const {
    expectBound(usage.system);
    if (!usage.group) return;
    expectBound(*usage.group);
    EXPECT_GE(usage.group->used, std::min(shown(), usage.group->limit));
  }

  /// Reads in each way, and expects plausible usage or a sentence.
  void readBoth(MemoryReader& reader) const {
    MemorySnapshot snapshot;
    snapshot.usage.system = MemoryBound{4711, 47};
    std::string error;
    if (reader.readUsage(snapshot.usage, error)) {
      ++succeeded;
      expectUsage(snapshot.usage);
    } else {
      ++failed;
      expectRefusal(snapshot, error);
    }
    snapshot = MemorySnapshot();
    snapshot.usage.system = MemoryBound{4711, 47};
    error.clear();
    if (reader.readSnapshot(snapshot, error)) {
      expectUsage(snapshot.usage);
    } else {
      expectRefusal(snapshot, error);
    }
    MemoryUsage charged;
    if (reader.readCharged(charged, error)) {
      expectBound(charged.system);
      if (charged.group) expectBound(*charged.group);
    }
  }

  static void expectRefusal(const MemorySnapshot& snapshot, const std::string& error) {
    EXPECT_EQ(snapshot.usage.system.limit, 4711U);
    EXPECT_EQ(snapshot.usage.system.used, 47U);
    ASSERT_FALSE(error.empty());
    EXPECT_EQ(error.substr(0, 4), "The ");
    EXPECT_EQ(error.back(), '.');
  }

  const RecordedMachine machine{GetParam().recorded};
  std::vector<std::string> files;
  /// These are the texts as they were recorded.
  std::map<std::string, std::string> texts;
  mutable uint64_t succeeded = 0;
  mutable uint64_t failed = 0;
};

TEST_P(LinuxRandomTexts, ReadAsUsageThatCanBeOrAsASentence) {
  test::SeededRandom random(0x7e87);
  Mutations mutations(random);
  const auto kept = openMemoryReader(machine.roots());
  for (uint64_t i = 0; i < test::scaled(1500) && !HasFailure(); ++i) {
    std::map<std::string, std::string> changed;
    const uint64_t count = random.below(2) + 1;
    for (uint64_t n = 0; n < count; ++n) {
      const std::string& file = files[random.below(files.size())];
      std::string& text = changed[file] = texts[file];
      if (random.oneIn(10)) {
        text = mutations.text(2000);
      } else {
        mutations.mutate(text);
      }
      machine.tree.write(file, text);
    }
    readBoth(*kept);
    readBoth(*openMemoryReader(machine.roots()));
    if (HasFailure()) {
      for (const auto& [file, text] : changed) ADD_FAILURE() << file << ":\n" << text;
    }
    for (const auto& [file, text] : changed) machine.tree.write(file, texts[file]);
  }
  EXPECT_GT(succeeded, 0U);
  EXPECT_GT(failed, 0U);
}

TEST_P(LinuxRandomTexts, LeaveTheMachineReadableOnceTheyAreGone) {
  test::SeededRandom random(0x90e);
  Mutations mutations(random);
  const auto reader = openMemoryReader(machine.roots());
  MemoryUsage usage;
  std::string error;
  for (int i = 0; i < 50; ++i) {
    for (const std::string& file : files) machine.tree.write(file, mutations.text(500));
    reader->readUsage(usage, error);
    for (const std::string& file : files) machine.tree.write(file, texts[file]);
    ASSERT_TRUE(reader->readUsage(usage, error)) << error;
    expectUsage(usage);
    EXPECT_TRUE(usage.group.has_value());
  }
}

std::string nameOfSubject(const ::testing::TestParamInfo<Subject>& subject) {
  std::string name = subject.param.recorded;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recorded, LinuxRandomTexts, ::testing::ValuesIn(kSubjects), nameOfSubject);

std::vector<std::string> recordedTexts() {
  const RecordedMachine v1("docker-v1");
  const RecordedMachine v2("docker-v2");
  return {readText(v1.tree, "cgroup/memory/memory.stat"),
          readText(v2.tree, "cgroup/memory.stat"),
          readText(v1.tree, "proc/meminfo"),
          readText(v1.tree, "proc/self/mountinfo"),
          readText(v1.tree, "proc/self/cgroup"),
          "c_min 4 1048576\nsize 4 1073741824\n"};
}

/// Every parser takes every text.
void parseAll(const std::string& text, const MemoryRoots& roots) {
  std::string why;
  for (const CgroupVersion version : {CgroupVersion::kV1, CgroupVersion::kV2}) {
    MemoryStat stat;
    why.clear();
    const bool parsed = parseMemoryStat(version, text, stat, why);
    EXPECT_EQ(parsed, why.empty());
    for (const uint64_t charged : {uint64_t{0}, shownInUse(stat), uint64_t{1} << 40}) {
      const uint64_t reclaimable = version == CgroupVersion::kV1
                                       ? reclaimableV1(stat, charged / 2)
                                       : reclaimableV2(stat, stat.slabReclaimable.value_or(0));
      const MemoryBound bound =
          groupBound(uint64_t{1} << 29, charged, reclaimable, shownInUse(stat));
      EXPECT_LE(bound.used, bound.limit);
      EXPECT_GE(bound.used, std::min(bound.limit, shownInUse(stat)));
    }
  }
  const uint64_t arc = parseReclaimableArc(text).value_or(0);
  MemoryBound machine;
  if (machineBound(parseMeminfo(text), arc, machine, why)) {
    EXPECT_GT(machine.limit, 0U);
    EXPECT_LE(machine.used, machine.limit);
  }
  for (const Mount& mount : parseMountinfo(text)) EXPECT_FALSE(mount.point.empty());
  const CgroupPlaces places = findCgroups(roots, text);
  if (places.memory) {
    EXPECT_FALSE(places.memory->folders.empty());
  }
}

TEST(LinuxRandomText, IsTakenByEachParser) {
  test::SeededRandom random(0xa11);
  Mutations mutations(random);
  const std::vector<std::string> recorded = recordedTexts();
  const FileTree empty;
  const MemoryRoots roots{empty.path("proc"), empty.path("cgroup")};
  for (uint64_t i = 0; i < test::scaled(20'000) && !::testing::Test::HasFailure(); ++i) {
    std::string text = mutations.text(1000);
    if (!random.oneIn(3)) {
      text = recorded[random.below(recorded.size())];
      mutations.mutate(text);
    }
    parseAll(text, roots);
    if (::testing::Test::HasFailure()) ADD_FAILURE() << text;
  }
}

}  // namespace
}  // namespace ebbcache::testing
