// Finds and removes files of this user. Links are not followed.
#pragma once

#include <cstdint>
#include <string>

namespace ebbcache {

enum class FoundFile : uint8_t {
  kNone,
  /// A plain file of this user; on Windows, any plain file.
  kOwn,
  kOther,
};

FoundFile findFile(const std::string& path);

/// Returns false where that fails.
bool removeFile(const std::string& path);

}  // namespace ebbcache
