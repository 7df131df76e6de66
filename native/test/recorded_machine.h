// The machines in machines/, one text file each: /proc and /sys/fs/cgroup as such systems write
// them, down to the order of fields, with made-up numbers.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "file_tree.h"
#include "memory_contract.h"

namespace ebbcache::testing {

/// The text is a description, then files: each begins after a line "-- path --" and ends before the
/// next such line. Paths are below proc/ and cgroup/, which stands for /sys/fs/cgroup.
class RecordedMachine final : public Machine {
 public:
  explicit RecordedMachine(const std::string& name) {
    std::ifstream stream(std::string(EBBCACHE_TEST_MACHINES "/") + name + ".txt", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_FALSE(text.empty()) << name;
    std::filesystem::create_directories(tree.path("cgroup"));
    load(text);
  }

  MemoryRoots roots() const override { return {tree.path("proc"), tree.path("cgroup")}; }
  void breakIt() override {
    std::filesystem::copy_file(tree.path("proc/meminfo"), tree.path("meminfo"));
    tree.remove("proc/meminfo");
  }
  void mend() override { tree.rename("meminfo", "proc/meminfo"); }

  FileTree tree;

 private:
  /// The path in a line "-- path --"; empty for other lines.
  static std::string_view headerPath(std::string_view line) {
    constexpr std::string_view kBegin = "-- ";
    constexpr std::string_view kEnd = " --";
    if (line.size() <= kBegin.size() + kEnd.size()) return {};
    if (line.substr(0, kBegin.size()) != kBegin) return {};
    if (line.substr(line.size() - kEnd.size()) != kEnd) return {};
    return line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size());
  }

  void load(std::string_view text) const {
    std::string path;
    std::string content;
    const auto finish = [&] {
      if (!path.empty()) tree.write(path, content);
      content.clear();
    };
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end);
      if (const auto next = headerPath(line.substr(0, line.size() - 1)); !next.empty()) {
        finish();
        path = next;
      } else {
        content += line;
      }
    }
    finish();
  }
};

}  // namespace ebbcache::testing
