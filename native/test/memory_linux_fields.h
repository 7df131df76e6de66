// Helpers that make or change the files of a machine, field by field.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "file_tree.h"

namespace ebbcache::testing {

inline std::string readText(const FileTree& tree, std::string_view file) {
  std::ifstream stream(tree.path(file), std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Changes the lines of one file, each of which begins with the name of a field. A field is written
/// at once, in the place of the line that has its name, or at the end where no line has it.
class Fields {
 public:
  Fields(const FileTree& tree, std::string file) : tree_(tree), file_(std::move(file)) {}

  /// These two write a line as memory.stat has it.
  const Fields& set(std::string_view name, uint64_t value) const {
    return setText(name, std::to_string(value));
  }
  const Fields& setText(std::string_view name, std::string_view value) const {
    return replace(name, std::string(name) + " " + std::string(value) + "\n");
  }

  /// These two write a line as meminfo has it.
  const Fields& setKiB(std::string_view name, uint64_t kilobytes) const {
    return replace(name, std::string(name) + ":  " + std::to_string(kilobytes) + " kB\n");
  }
  const Fields& setCount(std::string_view name, uint64_t count) const {
    return replace(name, std::string(name) + ":  " + std::to_string(count) + "\n");
  }

  const Fields& drop(std::string_view name) const { return replace(name, ""); }

 private:
  static bool hasName(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line.substr(0, name.size()) == name &&
           (line[name.size()] == ' ' || line[name.size()] == ':');
  }

  const Fields& replace(std::string_view name, const std::string& by) const {
    std::istringstream lines(readText(tree_, file_));
    std::string text;
    std::string line;
    bool found = false;
    while (std::getline(lines, line)) {
      const bool isThis = hasName(line, name);
      text += isThis ? by : line + "\n";
      found = found || isThis;
    }
    if (!found) text += by;
    tree_.write(file_, text);
    return *this;
  }

  const FileTree& tree_;
  std::string file_;
};

inline Fields meminfoOf(const FileTree& tree) {
  return {tree, "proc/meminfo"};
}

/// `folder` is below the root of the tree, without a slash at its end.
inline void writeGroupV2(const FileTree& tree, const std::string& folder, const std::string& max,
                         uint64_t usage, uint64_t files) {
  tree.write(folder + "/cgroup.procs", "1\n");
  tree.write(folder + "/memory.max", max + "\n");
  tree.write(folder + "/memory.high", "max\n");
  tree.write(folder + "/memory.current", std::to_string(usage) + "\n");
  tree.write(folder + "/memory.stat", "anon 1\nfile 2\ninactive_anon 3\nactive_anon 4\n");
  Fields(tree, folder + "/memory.stat").set("inactive_file", files).set("active_file", 0);
}

/// `inherited` is the lines of memory.stat about the ancestors.
inline void writeGroupV1(const FileTree& tree, const std::string& folder, const std::string& limit,
                         uint64_t usage, uint64_t files, const std::string& inherited) {
  tree.write(folder + "/cgroup.procs", "1\n");
  tree.write(folder + "/memory.limit_in_bytes", limit + "\n");
  tree.write(folder + "/memory.usage_in_bytes", std::to_string(usage) + "\n");
  tree.write(folder + "/memory.stat", "cache 1\nrss 2\ninactive_file 3\nactive_file 4\n");
  Fields(tree, folder + "/memory.stat")
      .setText("hierarchical_memory_limit", inherited)
      .set("total_inactive_file", files)
      .set("total_active_file", 0);
}

}  // namespace ebbcache::testing
