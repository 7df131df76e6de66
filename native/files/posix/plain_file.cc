#include "files/posix/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ebbcache {

int openPlainFile(const std::string& path, int flags, int& error) {
  // O_NONBLOCK: opening a pipe would wait for its other end.
  constexpr int kSafe = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  constexpr mode_t kUserAlone = S_IRUSR | S_IWUSR;
  int file = -1;
  do {
    file = ::open(path.c_str(), flags | kSafe, kUserAlone);
  } while (file < 0 && errno == EINTR);
  if (file < 0) {
    // The errors of a link, a folder, and a socket.
    const bool isOther = errno == ELOOP || errno == EISDIR || errno == ENXIO;
    error = isOther ? kNotPlain : errno;
    return -1;
  }
  struct stat found = {};
  if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode)) return file;
  error = kNotPlain;
  ::close(file);
  return -1;
}

std::string reasonOf(int error) {
  return error == kNotPlain ? "Not a plain file" : std::generic_category().message(error);
}

}  // namespace ebbcache
