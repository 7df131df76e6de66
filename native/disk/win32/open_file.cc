#include "disk/win32/open_file.h"

#include "files/win32/wide_path.h"

namespace ebbcache {

bool findIdentity(HANDLE file, FileIdentity& identity) {
  BY_HANDLE_FILE_INFORMATION found;
  if (::GetFileInformationByHandle(file, &found) == 0) return false;
  identity.volume = found.dwVolumeSerialNumber;
  identity.index = uint64_t{found.nFileIndexHigh} << 32U | found.nFileIndexLow;
  return true;
}

bool findIdentityAt(const std::string& path, FileIdentity& identity) {
  const std::wstring wide = widePathOf(path);
  if (wide.empty()) return false;
  const HANDLE opened = ::CreateFileW(
      wide.c_str(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (opened == INVALID_HANDLE_VALUE) return false;
  const Handle file(opened);
  return findIdentity(file.get(), identity);
}

OVERLAPPED overlappedAt(uint64_t at) {
  OVERLAPPED place = {};
  place.Offset = static_cast<DWORD>(at);
  place.OffsetHigh = static_cast<DWORD>(at >> 32U);
  return place;
}

DWORD tryLockByte(HANDLE file, uint64_t at) {
  OVERLAPPED place = overlappedAt(at);
  constexpr DWORD kHow = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  if (::LockFileEx(file, kHow, 0, 1, 0, &place) != 0) return ERROR_SUCCESS;
  const DWORD error = ::GetLastError();
  return error == ERROR_IO_PENDING ? ERROR_LOCK_VIOLATION : error;
}

void unlockByte(HANDLE file, uint64_t at) {
  OVERLAPPED place = overlappedAt(at);
  (void)::UnlockFileEx(file, 0, 1, 0, &place);
}

}  // namespace ebbcache
