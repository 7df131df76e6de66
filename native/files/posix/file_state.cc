#include "files/file_state.h"

#include <sys/stat.h>

#include <cerrno>

#include "files/posix/modified_at.h"

namespace ebbcache {
namespace {

/// Avoids the overflow of times that no clock has, but a file may be given.
int64_t nanosecondsOf(const timespec& time) {
  constexpr uint64_t kPerSecond = 1'000'000'000;
  return static_cast<int64_t>(static_cast<uint64_t>(time.tv_sec) * kPerSecond +
                              static_cast<uint64_t>(time.tv_nsec));
}

FileState stateAfter(int error) {
  switch (error) {
    case ENOENT:
    // Nothing can be below a file that is in the place of a folder.
    case ENOTDIR:
      return FileState::absent();
    case ELOOP:
      return FileState::none(NoState::kLoop);
    case EACCES:
    case EPERM:
      return FileState::none(NoState::kForbidden);
    case ENAMETOOLONG:
      return FileState::none(NoState::kTooLong);
    default:
      return FileState::none(NoState::kUnreadable);
  }
}

}  // namespace

FileState statFile(std::string_view path) {
  struct stat found;
  if (::stat(path.data(), &found) != 0) return stateAfter(errno);
  if (S_ISDIR(found.st_mode)) return FileState::none(NoState::kFolder);
  if (!S_ISREG(found.st_mode)) return FileState::none(NoState::kSpecial);
  FileFacts facts;
  facts.size = static_cast<uint64_t>(found.st_size);
  facts.modifiedNs = nanosecondsOf(modifiedAt(found));
  facts.inode = found.st_ino;
  return FileState::regular(facts);
}

}  // namespace ebbcache
