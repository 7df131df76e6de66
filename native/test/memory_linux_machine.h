// A made-up Linux machine: trees of files in the place of /proc and /sys/fs/cgroup.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "file_tree.h"
#include "memory/snapshot.h"

namespace ebbcache {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kMachineTotal = 16384 * kMiB;
constexpr uint64_t kMachineUsed = 4096 * kMiB;

/// 16 GiB with 12 GiB available; it has no cgroup until a test writes one.
class LinuxMachine {
 public:
  LinuxMachine() {
    tree.write("proc/meminfo",
               "MemTotal:       16777216 kB\n"
               "MemFree:         2097152 kB\n"
               "MemAvailable:   12582912 kB\n"
               "Buffers:          102400 kB\n"
               "Cached:          9437184 kB\n"
               "SReclaimable:     524288 kB\n");
    tree.write("proc/self/statm", "5000 1000 500 5 0 600 0\n");
    tree.write("proc/self/cgroup", "0::/\n");
    std::filesystem::create_directories(tree.path("cgroup"));
  }

  /// `folder` is below the cgroup root; no slash at its end.
  void writeV1(const std::string& folder, const std::string& limit, uint64_t usage,
               uint64_t inactiveFile) const {
    tree.write("cgroup/" + folder + "/memory.limit_in_bytes", limit + "\n");
    tree.write("cgroup/" + folder + "/memory.usage_in_bytes", std::to_string(usage) + "\n");
    tree.write("cgroup/" + folder + "/memory.stat",
               "cache 1\nrss 2\ninactive_file 3\nactive_file 4\n"
               "hierarchical_memory_limit 9223372036854771712\n"
               "total_cache 6\ntotal_inactive_file " +
                   std::to_string(inactiveFile) + "\ntotal_active_file 0\n");
  }

  void writeV2(const std::string& folder, const std::string& max, const std::string& high,
               uint64_t usage, uint64_t inactiveFile) const {
    tree.write("cgroup/" + folder + "/cgroup.procs", "1\n");
    tree.write("cgroup/" + folder + "/memory.max", max + "\n");
    tree.write("cgroup/" + folder + "/memory.high", high + "\n");
    tree.write("cgroup/" + folder + "/memory.current", std::to_string(usage) + "\n");
    tree.write("cgroup/" + folder + "/memory.stat",
               "anon 1\nfile 2\ninactive_anon 3\nactive_anon 4\ninactive_file " +
                   std::to_string(inactiveFile) + "\nactive_file 0\n");
  }

  std::unique_ptr<MemoryReader> open() const {
    return openMemoryReader(MemoryRoots{tree.path("proc"), tree.path("cgroup")});
  }

  FileTree tree;
};

/// Returns the usage, or fails the test.
inline MemoryUsage mustRead(MemoryReader& reader) {
  MemoryUsage usage;
  std::string error;
  EXPECT_TRUE(reader.readUsage(usage, error)) << error;
  return usage;
}

/// Returns the error sentence. The test fails where there is none or where the output was changed.
inline std::string mustFail(MemoryReader& reader) {
  MemorySnapshot snapshot;
  snapshot.usage.system.limit = 4711;
  std::string error;
  EXPECT_FALSE(reader.readSnapshot(snapshot, error));
  EXPECT_EQ(snapshot.usage.system.limit, 4711U);
  EXPECT_FALSE(error.empty());
  if (!error.empty()) {
    EXPECT_EQ(error.back(), '.') << error;
  }
  return error;
}

inline void expectGroup(const MemoryUsage& usage, uint64_t limit, uint64_t used) {
  ASSERT_TRUE(usage.group.has_value());
  const MemoryBound group = usage.group.value_or(MemoryBound{});
  EXPECT_EQ(group.limit, limit);
  EXPECT_EQ(group.used, used);
}

}  // namespace ebbcache
