#include "files/file_state.h"

#include <string>

#include "files/win32/plain_file.h"
#include "files/win32/wide_path.h"

namespace ebbcache {
namespace {

FileState stateAfter(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    // The path has characters that no name can have, or leads below a file in the place of a
    // folder: nothing can be there.
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_DIRECTORY:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
      return FileState::absent();
    case ERROR_CANT_RESOLVE_FILENAME:
      return FileState::none(NoState::kLoop);
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_PRIVILEGE_NOT_HELD:
      return FileState::none(NoState::kForbidden);
    case ERROR_FILENAME_EXCED_RANGE:
    case ERROR_BUFFER_OVERFLOW:
      return FileState::none(NoState::kTooLong);
    default:
      return FileState::none(NoState::kUnreadable);
  }
}

uint64_t wordOf(DWORD high, DWORD low) {
  return uint64_t{high} << 32 | low;
}

FileState stateOfOpen(HANDLE handle) {
  if (::GetFileType(handle) != FILE_TYPE_DISK) return FileState::none(NoState::kSpecial);
  BY_HANDLE_FILE_INFORMATION found;
  if (!::GetFileInformationByHandle(handle, &found)) return stateAfter(::GetLastError());
  if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return FileState::none(NoState::kFolder);
  }
  constexpr uint64_t kNsPerTick = 100;
  const FILETIME& written = found.ftLastWriteTime;
  FileFacts facts;
  facts.size = wordOf(found.nFileSizeHigh, found.nFileSizeLow);
  facts.modifiedNs =
      static_cast<int64_t>(wordOf(written.dwHighDateTime, written.dwLowDateTime) * kNsPerTick);
  facts.inode = wordOf(found.nFileIndexHigh, found.nFileIndexLow);
  facts.volume = found.dwVolumeSerialNumber;
  return FileState::regular(facts);
}

}  // namespace

FileState statFile(std::string_view path) {
  // No path has more bytes in UTF-8, as it has at most 32,767 units in UTF-16.
  constexpr size_t kMaxPathBytes = size_t{3} * 32767;
  if (path.size() > kMaxPathBytes) return FileState::none(NoState::kTooLong);
  if (path.empty()) return FileState::absent();
  const std::wstring wide = openablePath(toWide(path));
  if (wide.empty()) return stateAfter(::GetLastError());
  // No access is asked for: no share mode of others refuses that, and a folder opens too.
  const HANDLE opened = ::CreateFileW(wide.c_str(), FILE_READ_ATTRIBUTES,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  if (opened == INVALID_HANDLE_VALUE) return stateAfter(::GetLastError());
  const Handle handle(opened);
  return stateOfOpen(handle.get());
}

}  // namespace ebbcache
