#include "disk/own_file.h"

#include "files/win32/plain_file.h"
#include "files/win32/wide_path.h"

namespace ebbcache {

FoundFile findFile(const std::string& path) {
  const std::wstring wide = widePathOf(path);
  const DWORD attributes =
      wide.empty() ? INVALID_FILE_ATTRIBUTES : ::GetFileAttributesW(wide.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    return ::GetLastError() == ERROR_FILE_NOT_FOUND ? FoundFile::kNone : FoundFile::kOther;
  }
  constexpr DWORD kOthers =
      FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
  return (attributes & kOthers) == 0 ? FoundFile::kOwn : FoundFile::kOther;
}

bool removeFile(const std::string& path) {
  const std::wstring wide = widePathOf(path);
  return !wide.empty() && ::DeleteFileW(wide.c_str()) != 0;
}

}  // namespace ebbcache
