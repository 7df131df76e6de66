#include "disk/ring_folder.h"

#include <utility>

#include "disk/earlier_version.h"
#include "disk/folder_sentences.h"
#include "disk/win32/open_file.h"
#include "disk/win32/ring_file.h"
#include "files/win32/wide_path.h"

namespace ebbcache {
namespace {

Refusal refusalOf(DWORD error) {
  using Kind = FolderTrouble::Kind;
  const std::string reason = reasonOf(error);
  switch (error) {
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
    case ERROR_SHARING_VIOLATION:
      return {Kind::kDenied, reason, kAnotherFolder};
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_QUOTA_EXCEEDED:
      return {Kind::kFailed, reason, kMoreRoom};
    case ERROR_TOO_MANY_OPEN_FILES:
      return {Kind::kFailed, reason, kFewerOpenFiles};
    default:
      return {Kind::kFailed, reason, kAnotherFolder};
  }
}

bool beginsWith(const std::wstring& text, const wchar_t* start) {
  return text.rfind(start, 0) == 0;
}

bool isOnNetwork(const std::wstring& path) {
  if (beginsWith(path, L"\\\\?\\UNC\\")) return true;
  const bool isDevice = beginsWith(path, L"\\\\?\\") || beginsWith(path, L"\\\\.\\");
  if (beginsWith(path, L"\\\\") && !isDevice) return true;
  // The answer is right for a folder that does not exist yet, too.
  std::wstring root(path.size() + MAX_PATH, L'\0');
  const auto units = static_cast<DWORD>(root.size());
  return ::GetVolumePathNameW(path.c_str(), root.data(), units) != 0 &&
         ::GetDriveTypeW(root.c_str()) == DRIVE_REMOTE;
}

/// Returns ERROR_SUCCESS, or the error that says why there is no such folder.
DWORD makeFolders(const std::wstring& path) {
  if (::CreateDirectoryW(path.c_str(), nullptr) != 0) return ERROR_SUCCESS;
  const DWORD error = ::GetLastError();
  if (error == ERROR_ALREADY_EXISTS) return ERROR_SUCCESS;
  if (error != ERROR_PATH_NOT_FOUND) return error;
  const size_t end = path.find_last_not_of(L'\\');
  const size_t slash = end == std::wstring::npos ? end : path.find_last_of(L'\\', end);
  if (slash == std::wstring::npos || slash == 0) return error;
  const DWORD errorAbove = makeFolders(path.substr(0, slash));
  if (errorAbove != ERROR_SUCCESS) return errorAbove;
  return ::CreateDirectoryW(path.c_str(), nullptr) != 0 ? ERROR_SUCCESS : ::GetLastError();
}

class Win32RingFolder final : public RingFolder {
 public:
  explicit Win32RingFolder(std::string dir) : path_(std::move(dir)) {}

  FolderTrouble prepare(bool& removedEarlier) override {
    removedEarlier = false;
    const std::wstring wide = widePathOf(path_);
    if (wide.empty()) return notMade(path_, refusalOf(::GetLastError()));
    // The check comes before the folder is made: a machine that is gone makes calls wait for long.
    if (isOnNetwork(wide)) return onNetwork(path_, "a network drive");
    const DWORD error = makeFolders(wide);
    const DWORD attributes = ::GetFileAttributesW(wide.c_str());
    if (attributes == INVALID_FILE_ATTRIBUTES) {
      return notMade(path_, refusalOf(error != ERROR_SUCCESS ? error : ::GetLastError()));
    }
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) return notAFolder(path_);
    removedEarlier = removeEarlierVersion(path_);
    return {};
  }

  std::unique_ptr<RingFile> openRing(Open how, FolderTrouble& trouble) override {
    trouble = {};
    const std::string path = path_ + kRingName;
    DWORD error = ERROR_SUCCESS;
    Handle file = openPlainFile(path, GENERIC_READ | GENERIC_WRITE,
                                how == Open::kCreate ? OPEN_ALWAYS : OPEN_EXISTING, error);
    const bool isReadOnly =
        file == nullptr && refusalOf(error).kind == FolderTrouble::Kind::kDenied;
    if (isReadOnly) {
      DWORD ignored = ERROR_SUCCESS;
      file = openPlainFile(path, GENERIC_READ, OPEN_EXISTING, ignored);
    }
    if (file == nullptr) {
      const bool isAbsent = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
      if (!isAbsent || how == Open::kCreate) trouble = whyNotOpened(path, error);
      return nullptr;
    }
    FileIdentity identity;
    if (!findIdentity(file.get(), identity)) {
      trouble = whyNotOpened(path, ::GetLastError());
      return nullptr;
    }
    auto ring = ringFileOf(std::move(file), identity, isReadOnly);
    if (isReadOnly || hasLocks(*ring)) return ring;
    trouble = withoutLocks(path);
    return nullptr;
  }

  std::optional<FileIdentity> ringIdentity() const override {
    FileIdentity identity;
    if (!findIdentityAt(path_ + kRingName, identity)) return std::nullopt;
    return identity;
  }

  std::string path() const override { return path_; }

 private:
  static FolderTrouble whyNotOpened(const std::string& path, DWORD error) {
    return error == kNotPlain ? notAPlainFile(path) : notOpened(path, refusalOf(error));
  }

  static bool hasLocks(RingFile& ring) {
    const RingFile::Lock lock = ring.tryLock();
    if (lock == RingFile::Lock::kHeld) ring.unlock();
    return lock != RingFile::Lock::kFailed;
  }

  const std::string path_;
};

}  // namespace

std::unique_ptr<RingFolder> openRingFolder(const std::string& dir) {
  return std::make_unique<Win32RingFolder>(dir);
}

}  // namespace ebbcache
