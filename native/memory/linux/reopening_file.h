// Reads files whose content the kernel makes anew for each read.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ebbcache {

/// Has room for each of the files that are read again and again: the largest, memory.stat, has 1 to
/// 3 KiB.
using FileBuffer = std::array<char, 16384>;

enum class FileResult : uint8_t {
  kRead,
  /// The file does not exist, or the kernel was configured not to offer it.
  kAbsent,
  kFailed,
};

/// One small file, which stays open between reads: opening costs as much as reading. A file that
/// was removed, or replaced by another of the same name, is opened again.
class ReopeningFile {
 public:
  explicit ReopeningFile(std::string path) : path_(std::move(path)) {}
  ReopeningFile(ReopeningFile&& other) noexcept;
  ReopeningFile(const ReopeningFile&) = delete;
  ReopeningFile& operator=(const ReopeningFile&) = delete;
  ReopeningFile& operator=(ReopeningFile&&) = delete;
  ~ReopeningFile() { close(); }

  /// Reads the whole file as it is now. `text` points into `buffer`. Unless it returns kRead,
  /// `error` is a sentence and `text` is untouched.
  FileResult read(FileBuffer& buffer, std::string_view& text, std::string& error);
  const std::string& path() const { return path_; }

 private:
  bool open();
  bool isReplaced() const;
  void close();

  std::string path_;
  int descriptor_ = -1;
  /// Whether reads fail once the file is removed, as those of the kernel's own files do. Sandboxes
  /// and tests have other files in their place: for those the path is checked.
  bool failsWhenRemoved_ = false;
};

/// Reads a file of up to 4 MiB once.
FileResult readWholeFile(const std::string& path, std::string& out, std::string& error);

bool isDirectory(const std::string& path);

}  // namespace ebbcache
