#include "files/win32/plain_file.h"

#include <string_view>
#include <system_error>

#include "files/win32/wide_path.h"

namespace ebbcache {
namespace {

bool isPlainFile(HANDLE file) {
  BY_HANDLE_FILE_INFORMATION found;
  constexpr DWORD kOthers = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
  return ::GetFileType(file) == FILE_TYPE_DISK && ::GetFileInformationByHandle(file, &found) != 0 &&
         (found.dwFileAttributes & kOthers) == 0;
}

bool isFolder(const std::wstring& path) {
  const DWORD attributes = ::GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

}  // namespace

Handle openPlainFile(const std::string& path, DWORD access, DWORD creation, DWORD& error) {
  const std::wstring wide = widePathOf(path);
  if (wide.empty()) {
    error = ::GetLastError();
    return nullptr;
  }
  const HANDLE opened = ::CreateFileW(
      wide.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
      creation, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (opened == INVALID_HANDLE_VALUE) {
    error = ::GetLastError();
    if (error == ERROR_ACCESS_DENIED && isFolder(wide)) error = kNotPlain;
    return nullptr;
  }
  Handle file(opened);
  if (isPlainFile(file.get())) return file;
  error = kNotPlain;
  return nullptr;
}

std::string reasonOf(DWORD error) {
  if (error == kNotPlain) return "Not a plain file";
  std::string reason = std::system_category().message(static_cast<int>(error));
  // The system's own sentences end with these.
  while (!reason.empty() && std::string_view(".\r\n ").find(reason.back()) != std::string::npos) {
    reason.pop_back();
  }
  return reason;
}

}  // namespace ebbcache
