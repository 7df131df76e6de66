// Looking at files of this user, and removing them. Links are not followed.
#pragma once

#include <cstdint>
#include <string>

namespace ebbcache {

enum class FoundFile : uint8_t {
  kNone,
  /// A plain file of this user; on Windows any plain file.
  kOwn,
  kOther,
};

FoundFile lookForFile(const std::string& path);

/// False where that fails.
bool removeFile(const std::string& path);

}  // namespace ebbcache
