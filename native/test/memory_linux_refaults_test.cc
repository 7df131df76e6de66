// A group that reads files again whose page cache was dropped.
#include <gtest/gtest.h>

#include <array>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/refault_meter.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

class LinuxRefaultMeter : public ::testing::Test {
 protected:
  bool update(int atMs, uint64_t totalMiB) {
    return meter_.update(RefaultMeter::Clock::time_point() + std::chrono::milliseconds(atMs),
                         totalMiB * kMiB);
  }
  /// Whether a loop of so many MiB of refaults a second was reported to a caller that asks every
  /// `stepMs`.
  int reportsOfLoop(int fromMs, int toMs, int stepMs, int mibPerSecond) {
    int reports = 0;
    for (int at = fromMs; at <= toMs; at += stepMs) {
      total_ += static_cast<uint64_t>(mibPerSecond) * static_cast<uint64_t>(stepMs) / 1000;
      reports += update(at, total_) ? 1 : 0;
    }
    return reports;
  }

 private:
  RefaultMeter meter_;
  uint64_t total_ = 0;
};

TEST_F(LinuxRefaultMeter, ReportsALoopOnceAWindowFromTheFourthOn) {
  EXPECT_EQ(reportsOfLoop(0, 6000, 100, 500), 0);
  EXPECT_EQ(reportsOfLoop(6100, 8100, 100, 500), 1);
  EXPECT_EQ(reportsOfLoop(8200, 18'100, 100, 500), 5);
}

TEST_F(LinuxRefaultMeter, IsSilentOnAFileThatIsReadThreeTimes) {
  EXPECT_EQ(reportsOfLoop(0, 3000, 100, 500), 0);
  EXPECT_EQ(reportsOfLoop(3100, 60'000, 100, 0), 0);
  // The file is read again minutes later.
  EXPECT_EQ(reportsOfLoop(60'100, 63'000, 100, 500), 0);
}

TEST_F(LinuxRefaultMeter, IsSilentBelowTheThreshold) {
  EXPECT_EQ(reportsOfLoop(0, 60'000, 100, 30), 0);
}

TEST_F(LinuxRefaultMeter, TellsALoopToThoseWhoAskRarely) {
  EXPECT_EQ(reportsOfLoop(0, 15'000, 5000, 500), 0);
  EXPECT_EQ(reportsOfLoop(20'000, 35'000, 5000, 500), 4);
}

TEST_F(LinuxRefaultMeter, BeginsAnewWhereTheCountFalls) {
  EXPECT_EQ(reportsOfLoop(0, 6000, 100, 500), 0);
  EXPECT_FALSE(update(6100, 0));
  EXPECT_FALSE(update(6200, 0));
}

struct Refaults {
  const char* name;
  CgroupVersion version;
};

constexpr std::array<Refaults, 3> kNames{{
    {"total_workingset_refault_file", CgroupVersion::kV1},
    {"workingset_refault_file", CgroupVersion::kV2},
    {"workingset_refault", CgroupVersion::kV2},
}};

TEST(LinuxRefaults, ABurstIsNotReported) {
  for (const Refaults& each : kNames) {
    const bool v1 = each.version == CgroupVersion::kV1;
    const LinuxMachine machine;
    machine.tree.write("proc/self/cgroup", v1 ? "5:memory:/\n" : "0::/\n");
    if (v1) machine.writeV1("memory", "536870912", 300 * kMiB, 0);
    if (!v1) machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
    const auto reader = machine.open();
    for (const char* const pages : {"0", "1000000", "1000001"}) {
      machine.tree.write(v1 ? "cgroup/memory/memory.stat" : "cgroup/memory.stat",
                         std::string(each.name) + " " + pages + "\n");
      EXPECT_FALSE(mustRead(*reader).groupRefaults) << each.name;
    }
  }
}

}  // namespace
}  // namespace ebbcache
