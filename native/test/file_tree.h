// A folder of plain files that a test writes, e.g. as a stand-in for /proc and /sys/fs/cgroup.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

namespace ebbcache {

/// The folder lies in that for temporary files, and is removed at the end with all its files.
class FileTree {
 public:
  FileTree() {
    std::random_device random;
    const std::string name = "ebbcache-test-" + std::to_string(random()) + std::to_string(random());
    root_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(root_);
  }
  ~FileTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  /// Overwrites the file in place (an open descriptor sees it), or makes it with its folders.
  void write(std::string_view path, std::string_view content) const {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    ASSERT_TRUE(stream.good()) << file;
  }

  /// Removes a file, or a folder with all its files.
  void remove(std::string_view path) const { std::filesystem::remove_all(root_ / path); }

  void rename(std::string_view from, std::string_view to) const {
    std::filesystem::rename(root_ / from, root_ / to);
  }

  std::string path(std::string_view inside = {}) const { return (root_ / inside).string(); }

 private:
  std::filesystem::path root_;
};

}  // namespace ebbcache
