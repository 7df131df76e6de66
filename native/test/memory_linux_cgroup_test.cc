// Cases that the recorded machines do not cover: see memory_linux_contract_test.cc for those.
#include <gtest/gtest.h>

#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

constexpr const char* kUnlimitedV1 = "9223372036854771712";

TEST(Cgroup, AMachineWithoutGroupsHasNone) {
  const LinuxMachine machine;
  const auto reader = machine.open();
  EXPECT_FALSE(mustRead(*reader).group.has_value());
  machine.tree.remove("proc/self/cgroup");
  EXPECT_FALSE(mustRead(*machine.open()).group.has_value());
  machine.tree.remove("cgroup");
  machine.tree.write("proc/self/cgroup", "4:memory:/a\n0::/\n");
  EXPECT_FALSE(mustRead(*machine.open()).group.has_value());
}

TEST(Cgroup, FindsADockerGroupOfV1ByItsHostPath) {
  // Without a cgroup namespace the path is the host's, and the mount is only the container's part.
  const LinuxMachine machine;
  machine.tree.write(
      "proc/self/cgroup",
      "12:cpu,cpuacct:/docker/8f3b\n11:memory:/docker/8f3b\n1:name=systemd:/docker\n");
  machine.writeV1("memory", "268435456", 200 * kMiB, 50 * kMiB);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 150 * kMiB);
  // The container made a group inside of its own.
  machine.tree.write("proc/self/cgroup", "11:memory:/docker/8f3b/inner\n");
  machine.writeV1("memory/inner", "134217728", 100 * kMiB, 0);
  expectGroup(mustRead(*machine.open()), 128 * kMiB, 100 * kMiB);
}

TEST(Cgroup, FindsV1MountedTogetherWithOtherControllers) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "3:cpu,memory:/a\n");
  machine.writeV1("cpu,memory/a", "268435456", 100 * kMiB, 0);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 100 * kMiB);
}

TEST(Cgroup, FindsV1MountedElsewhere) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "3:memory:/a\n");
  machine.writeV1("../elsewhere/a", "268435456", 100 * kMiB, 0);
  const std::string point = machine.tree.path("elsewhere");
  machine.tree.write("proc/self/mountinfo",
                     "garbage\n"
                     "30 23 0:27 / /nowhere rw - cgroup cgroup rw,memory\n"
                     "31 23 0:28 / /tmp rw shared:7 - cgroup cgroup rw,cpu\n"
                     "32 23 0:29 / " +
                         point + " rw,nosuid shared:8 master:1 - cgroup cgroup rw,memory\n");
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 100 * kMiB);
}

TEST(Cgroup, AnUnlimitedV1GroupIsNoBound) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "11:memory:/\n0::/\n");
  for (const char* const limit : {kUnlimitedV1, "9223372036854775807", "17179869184"}) {
    machine.writeV1("memory", limit, 200 * kMiB, 0);
    EXPECT_FALSE(mustRead(*machine.open()).group.has_value()) << limit;
  }
}

TEST(Cgroup, APathOutsideOfTheNamespaceIsTheMountedGroup) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/../../other\n");
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  machine.writeV2("other", "1048576", "max", kMiB, 0);
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 200 * kMiB);
}

TEST(Cgroup, ALeafOfV2WithoutTheMemoryControllerHasItsParentsBound) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/app.slice/worker\n");
  machine.writeV2("app.slice", "536870912", "max", 300 * kMiB, 0);
  machine.tree.write("cgroup/app.slice/worker/cgroup.procs", "1\n");
  machine.tree.write("cgroup/cgroup.procs", "1\n");
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 300 * kMiB);
}

TEST(Cgroup, MemoryHighBoundsASystemdService) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "0::/system.slice/web.service\n");
  machine.writeV2("system.slice", "max", "max", 900 * kMiB, 0);
  machine.writeV2("system.slice/web.service", "536870912", "402653184", 300 * kMiB, 100 * kMiB);
  expectGroup(mustRead(*machine.open()), 384 * kMiB, 200 * kMiB);
  machine.tree.remove("cgroup/system.slice/web.service/memory.high");
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 200 * kMiB);
}

TEST(Cgroup, AHybridFollowsTheMemoryController) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "4:memory:/v1group\n1:cpu:/\n0::/v2group\n");
  machine.writeV1("memory/v1group", "268435456", 100 * kMiB, 0);
  machine.writeV2("unified/v2group", "1048576", "max", kMiB, 0);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 100 * kMiB);
}

TEST(Cgroup, AHybridMayHaveMemoryInItsUnifiedHierarchy) {
  const LinuxMachine machine;
  machine.tree.write("proc/self/cgroup", "1:cpu:/\n0::/v2group\n");
  machine.tree.write("cgroup/cpu/cgroup.procs", "1\n");
  machine.writeV2("unified/v2group", "268435456", "max", 100 * kMiB, 0);
  expectGroup(mustRead(*machine.open()), 256 * kMiB, 100 * kMiB);
}

TEST(Cgroup, APathMayHaveColonsAndLongNames) {
  const LinuxMachine machine;
  const std::string name = "cri-containerd:" + std::string(180, 'x') + ":y";
  machine.tree.write("proc/self/cgroup", "0::/" + name + "\n");
  machine.writeV2(name, "536870912", "max", 300 * kMiB, 0);
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 300 * kMiB);
}

TEST(Cgroup, AllOfTheUsageCountsWhereStatSaysNothing) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  for (const char* const stat : {"", "anon 1\n", "inactive_file_x 5\n"}) {
    machine.tree.write("cgroup/memory.stat", stat);
    expectGroup(mustRead(*machine.open()), 512 * kMiB, 300 * kMiB);
  }
  machine.tree.remove("cgroup/memory.stat");
  expectGroup(mustRead(*machine.open()), 512 * kMiB, 300 * kMiB);
}

TEST(Cgroup, MalformedNumbersAreNamed) {
  for (const char* const file : {"memory.max", "memory.high", "memory.current"}) {
    for (const char* const bad :
         {"", "\n", "-1", "0x10", "abc", "99999999999999999999999", "1.5"}) {
      const LinuxMachine machine;
      machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
      machine.tree.write(std::string("cgroup/") + file, bad);
      const std::string path = machine.tree.path(std::string("cgroup/") + file);
      EXPECT_EQ(mustFail(*machine.open()),
                "The file " + path + " does not hold a number of bytes.");
    }
  }
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 100 * kMiB);
  machine.tree.write("cgroup/memory.stat", "inactive_file -7\n");
  EXPECT_NE(mustFail(*machine.open()).find("has a malformed inactive_file."), std::string::npos);
  machine.writeV2("", "0", "max", 300 * kMiB, 100 * kMiB);
  EXPECT_NE(mustFail(*machine.open()).find("says 0"), std::string::npos);
}

TEST(Cgroup, MalformedMembershipIsNoGroup) {
  const LinuxMachine machine;
  machine.writeV2("", "536870912", "max", 300 * kMiB, 0);
  for (const char* const text : {"", "\n\n", ":", "::", "0:", "memory", "0:cpu:/", "x\xff\xfe\n"}) {
    machine.tree.write("proc/self/cgroup", text);
    EXPECT_FALSE(mustRead(*machine.open()).group.has_value()) << text;
  }
}

}  // namespace
}  // namespace ebbcache
