#include "memory/linux/mountinfo.h"

#include <gtest/gtest.h>

namespace ebbcache {
namespace {

Mount only(std::string_view text) {
  const std::vector<Mount> mounts = parseMountinfo(text);
  EXPECT_EQ(mounts.size(), 1U) << text;
  return mounts.empty() ? Mount() : mounts.front();
}

TEST(LinuxMountinfo, ReadsRootPointTypeAndOptions) {
  const Mount mount = only(
      "635 629 0:37 /docker/4bd2 /sys/fs/cgroup/memory ro,nosuid shared:7 master:19 - cgroup "
      "cgroup rw,memory\n");
  EXPECT_EQ(mount.root, "/docker/4bd2");
  EXPECT_EQ(mount.point, "/sys/fs/cgroup/memory");
  EXPECT_EQ(mount.type, "cgroup");
  EXPECT_EQ(mount.superOptions, "rw,memory");
}

TEST(LinuxMountinfo, ReadsLinesWithAnyNumberOfTags) {
  for (const std::string tags : {"", " shared:1", " shared:1 master:2 propagate_from:3"}) {
    const Mount mount = only("1 2 0:3 / /a rw" + tags + " - cgroup2 none rw,nsdelegate");
    EXPECT_EQ(mount.point, "/a");
    EXPECT_EQ(mount.type, "cgroup2");
    EXPECT_EQ(mount.superOptions, "rw,nsdelegate");
  }
}

TEST(LinuxMountinfo, ReadsTheOptionsBehindAnEmptySource) {
  const Mount mount = only("1 2 0:3 / /a rw - cgroup  rw,memory\n");
  EXPECT_EQ(mount.type, "cgroup");
  EXPECT_EQ(mount.superOptions, "rw,memory");
}

TEST(LinuxMountinfo, UndoesEscapes) {
  const Mount mount =
      only("1 2 0:3 /web\\134x2dfront\\040a\\011b\\012c\\043d /a\\040b\\134 rw - cgroup2 c rw\n");
  EXPECT_EQ(mount.root, "/web\\x2dfront a\tb\nc#d");
  EXPECT_EQ(mount.point, "/a b\\");
}

TEST(LinuxMountinfo, LeavesBackslashesAloneThatBeginNoEscape) {
  EXPECT_EQ(only("1 2 0:3 / /a\\ rw - t s o").point, "/a\\");
  EXPECT_EQ(only("1 2 0:3 / /a\\0 rw - t s o").point, "/a\\0");
  EXPECT_EQ(only("1 2 0:3 / /a\\04 rw - t s o").point, "/a\\04");
  EXPECT_EQ(only("1 2 0:3 / /a\\048 rw - t s o").point, "/a\\048");
  EXPECT_EQ(only("1 2 0:3 / /a\\x2d rw - t s o").point, "/a\\x2d");
  // The result of an escape is not unescaped again.
  EXPECT_EQ(only("1 2 0:3 / /a\\134040 rw - t s o").point, "/a\\040");
}

TEST(LinuxMountinfo, KeepsTheOrderOfTheText) {
  const auto mounts = parseMountinfo("1 2 0:3 / /b rw - t s o\n1 2 0:3 / /a rw - t s o\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].point, "/b");
  EXPECT_EQ(mounts[1].point, "/a");
}

TEST(LinuxMountinfo, LeavesOutLinesThatMakeNoSense) {
  for (const char* const text : {"", "\n\n", "garbage", "1 2 0:3 / /a rw", " - ", " - cgroup2 c rw",
                                 "1 2 0:3 - cgroup2 c rw", "1 2 0:3 / - cgroup2 c rw"}) {
    EXPECT_TRUE(parseMountinfo(text).empty()) << text;
  }
  EXPECT_EQ(only("garbage\n\n1 2 0:3 / /a rw - t s o\n - \n").point, "/a");
}

TEST(LinuxMountinfo, ReadsLinesThatEndEarly) {
  EXPECT_EQ(only("1 2 0:3 / /a - cgroup2").type, "cgroup2");
  EXPECT_EQ(only("1 2 0:3 / /a - cgroup2").superOptions, "");
  EXPECT_EQ(only("1 2 0:3 / /a rw - ").type, "");
}

}  // namespace
}  // namespace ebbcache
