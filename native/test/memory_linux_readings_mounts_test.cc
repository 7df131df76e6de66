// The hierarchies in these tables are mounted in several places, and the groups have several names.
#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

constexpr MemoryBound kExpected{256 * kMiB, 100 * kMiB};
const std::string kLimit = std::to_string(kExpected.limit);

/// Returns a path as mountinfo writes it.
std::string escaped(const std::string& path) {
  std::string text;
  for (const char letter : path) {
    switch (letter) {
      case ' ':
        text += "\\040";
        break;
      case '\t':
        text += "\\011";
        break;
      case '\n':
        text += "\\012";
        break;
      case '\\':
        text += "\\134";
        break;
      default:
        text += letter;
    }
  }
  return text;
}

/// Returns a line of mountinfo. `root` is a group, and `point` is a folder of the tree.
std::string mountV2(const FileTree& tree, const std::string& root, const std::string& point) {
  return "45 44 0:27 " + escaped(root) + " " + escaped(tree.path(point)) +
         " ro,nosuid shared:7 master:1 - cgroup2 cgroup2 rw,nsdelegate\n";
}

std::string mountV1(const FileTree& tree, const std::string& root, const std::string& point,
                    const std::string& source = "cgroup") {
  return "46 44 0:33 " + escaped(root) + " " + escaped(tree.path(point)) + " rw,nosuid - cgroup " +
         source + " rw,memory\n";
}

void writeV2(const FileTree& tree, const std::string& folder) {
  writeGroupV2(tree, folder, kLimit, kExpected.used + 10 * kMiB, 10 * kMiB);
}

void writeV1(const FileTree& tree, const std::string& folder) {
  writeGroupV1(tree, folder, kLimit, kExpected.used + 10 * kMiB, 10 * kMiB, "9223372036854771712");
}

/// Writes a group that must not be taken for the right one.
void writeOther(const FileTree& tree, const std::string& folder) {
  writeGroupV2(tree, folder, "134217728", 128 * kMiB, 0);
  writeGroupV1(tree, folder, "134217728", 128 * kMiB, 0, "9223372036854771712");
}

Reading found(const std::string& name, const Edit& edit) {
  return {name, "bare-metal", edit, kServer, kExpected, BoundKind::kGroup, PressureLevel::kNormal};
}

/// Only mountinfo tells that the hierarchy of v2 is at `point`.
Reading mountedAt(const std::string& name, const std::string& point) {
  return found(name, [point](const FileTree& tree) {
    tree.write("proc/self/cgroup", "0::/app\n");
    tree.write("proc/self/mountinfo", mountV2(tree, "/", point));
    writeV2(tree, point + "/app");
  });
}

/// `name` is a group below the place where v2 is usually mounted.
Reading called(const std::string& test, const std::string& name) {
  return found(test, [name](const FileTree& tree) {
    tree.write("proc/self/cgroup", "0::/a.slice/" + name + "\n");
    tree.write("cgroup/cgroup.procs", "");
    writeV2(tree, "cgroup/a.slice/" + name);
  });
}

const std::vector<Reading>& places() {
  static const std::vector<Reading> kReadings{
      found("V2ElsewhereAtItsRoot",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/\n");
              tree.write("proc/self/mountinfo", mountV2(tree, "/", "elsewhere"));
              writeV2(tree, "elsewhere");
            }),
      mountedAt("V2Elsewhere", "elsewhere"),
      found("V1Elsewhere",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/app\n0::/\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/", "elsewhere"));
              writeV1(tree, "elsewhere/app");
            }),
      found("V1ElsewhereAtItsRoot",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/\n0::/\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/", "elsewhere"));
              writeV1(tree, "elsewhere");
            }),
      found("V1ElsewhereWithoutASource",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/app\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/", "elsewhere", ""));
              writeV1(tree, "elsewhere/app");
            }),
      mountedAt("PointWithABlank", "else where"),
      mountedAt("PointWithABackslash", "else\\where"),
      mountedAt("PointWithATab", "else\twhere"),
      mountedAt("PointWithANewline", "else\nwhere"),
      mountedAt("PointThatEndsInAnEscape", "elsewhere\\ "),
      mountedAt("PointThatLooksEscaped", "else\\040where"),
      mountedAt("PointThatLooksLikeTheSeparator", "else - where"),
  };
  return kReadings;
}

const std::vector<Reading>& parts() {
  static const std::vector<Reading> kReadings{
      found("OfTheContainerItself",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/docker/abc\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/docker/abc", "elsewhere"));
              writeV1(tree, "elsewhere");
            }),
      found("WithADeeperGroupInsideV1",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/docker/abc/job/worker\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/docker/abc", "elsewhere"));
              writeV1(tree, "elsewhere/job/worker");
            }),
      found("WithADeeperGroupInsideV2",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/docker/abc/job/worker\n");
              tree.write("proc/self/mountinfo", mountV2(tree, "/docker/abc", "elsewhere"));
              writeV2(tree, "elsewhere/job/worker");
            }),
      // The group inside that has the name of the container is another one.
      found("WithAGroupOfTheSameNameInside",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/abc\n");
              tree.write("proc/self/mountinfo", mountV2(tree, "/abc", "elsewhere"));
              writeV2(tree, "elsewhere");
              writeOther(tree, "elsewhere/abc");
            }),
      found("AfterAMountOfAnotherContainer",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/docker/abc/job\n");
              tree.write("proc/self/mountinfo", mountV2(tree, "/docker/def", "other") +
                                                    mountV2(tree, "/docker/abc", "elsewhere"));
              writeV2(tree, "elsewhere/job");
              writeOther(tree, "other/job");
            }),
      found("BesideAMountOfAnotherContainerThatHasMoreOfThePath",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/docker/abc/job\n");
              tree.write("proc/self/mountinfo", mountV1(tree, "/docker/abc", "elsewhere") +
                                                    mountV1(tree, "/docker/def", "other"));
              writeV1(tree, "elsewhere/job");
              writeOther(tree, "other/abc/job");
            }),
      found("OfSeveralTheOneThatHasTheGroup",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/app/worker\n");
              tree.write("proc/self/mountinfo", mountV2(tree, "/", "first") +
                                                    mountV2(tree, "/", "second") +
                                                    mountV2(tree, "/", "third"));
              writeOther(tree, "first/worker");
              writeV2(tree, "second/app/worker");
              writeOther(tree, "third");
            }),
      found("OfSeveralOneThatIsGone",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/app\n");
              tree.write("proc/self/mountinfo",
                         mountV2(tree, "/", "gone") + mountV2(tree, "/", "elsewhere"));
              writeV2(tree, "elsewhere/app");
            }),
      found("WithAnEscapedRoot",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "0::/a.slice/web\\x2dfront.service/job\n");
              tree.write("proc/self/mountinfo",
                         mountV2(tree, "/a.slice/web\\x2dfront.service", "elsewhere"));
              writeV2(tree, "elsewhere/job");
              writeOther(tree, "elsewhere/web\\x2dfront.service/job");
            }),
  };
  return kReadings;
}

const std::vector<Reading>& names() {
  static const std::vector<Reading> kReadings{
      called("WithTheEscapesOfSystemd", "web\\x2dfront.service"),
      called("WithAnEscapedBackslash", "web\\x5cfront.service"),
      called("ThatLooksLikeAnEscapeOfMountinfo", "web\\040front.service"),
      called("WithColons", "cri-containerd:4bd2:0::"),
      called("WithBlanks", " web front "),
      called("ThatEndsAsThoseOfGroupsThatAreGone", "web (deleted)"),
      called("OfDots", "...web.."),
      found("WithColonsInV1",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/docker/a:memory:/b\n");
              writeV1(tree, "cgroup/memory/docker/a:memory:/b");
            }),
      found("ThatEndsAsThoseOfGroupsThatAreGoneInV1",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/web (deleted)\n");
              writeV1(tree, "cgroup/memory/web (deleted)");
              writeOther(tree, "cgroup/memory/web");
            }),
      found("WithTheEscapesOfSystemdInV1",
            [](const FileTree& tree) {
              tree.write("proc/self/cgroup", "4:memory:/system.slice/web\\x2dfront.service\n");
              writeV1(tree, "cgroup/memory/system.slice/web\\x2dfront.service");
            }),
  };
  return kReadings;
}

INSTANTIATE_TEST_SUITE_P(Mounted, LinuxReading, ::testing::ValuesIn(places()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(MountOfAPart, LinuxReading, ::testing::ValuesIn(parts()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(Name, LinuxReading, ::testing::ValuesIn(names()), nameOf<Reading>);
INSTANTIATE_TEST_SUITE_P(MountedReadings, MemoryContract, ::testing::ValuesIn(machinesOf(places())),
                         nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(MountOfAPartReadings, MemoryContract,
                         ::testing::ValuesIn(machinesOf(parts())), nameOf<NamedMachine>);
INSTANTIATE_TEST_SUITE_P(NameReadings, MemoryContract, ::testing::ValuesIn(machinesOf(names())),
                         nameOf<NamedMachine>);

}  // namespace
}  // namespace ebbcache::testing
