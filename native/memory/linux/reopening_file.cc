#include "memory/linux/reopening_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "files/posix/descriptor.h"
#include "memory/linux/file_system.h"

namespace ebbcache {
namespace {

int openForReading(const std::string& path) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

ssize_t readAt(int descriptor, char* buffer, size_t size, off_t offset) {
  ssize_t count = -1;
  do {
    count = ::pread(descriptor, buffer, size, offset);
  } while (count < 0 && errno == EINTR);
  return count;
}

FileResult fail(const std::string& path, int code, std::string& error) {
  error = "The file " + path + " cannot be read: " + std::generic_category().message(code) + ".";
  // /proc/pressure returns the last of these where PSI was switched off at boot.
  const bool absent = code == ENOENT || code == ENOTDIR || code == EOPNOTSUPP;
  return absent ? FileResult::kAbsent : FileResult::kFailed;
}

FileResult failTooLong(const std::string& path, std::string& error) {
  error = "The file " + path + " is longer than such a file can be.";
  return FileResult::kFailed;
}

}  // namespace

ReopeningFile::ReopeningFile(ReopeningFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      failsWhenRemoved_(other.failsWhenRemoved_) {}

FileResult ReopeningFile::read(FileBuffer& buffer, std::string_view& text, std::string& error) {
  // A read that fails on the descriptor of an earlier call (ENODEV: the group was removed, ESTALE
  // or ENOTCONN: a file server such as lxcfs restarted) is tried once more on a fresh one.
  if (descriptor_ >= 0 && isReplaced()) close();
  while (true) {
    const bool fresh = descriptor_ < 0;
    if (fresh && !open()) return fail(path_, errno, error);
    const ssize_t count = readAt(descriptor_, buffer.data(), buffer.size(), 0);
    if (count >= 0) {
      const auto size = static_cast<size_t>(count);
      if (size == buffer.size()) return failTooLong(path_, error);
      text = std::string_view(buffer.data(), size);
      return FileResult::kRead;
    }
    const int code = errno;
    close();
    if (fresh) return fail(path_, code, error);
  }
}

bool ReopeningFile::open() {
  descriptor_ = openForReading(path_);
  if (descriptor_ < 0) return false;
  failsWhenRemoved_ = isOnKernelFileSystem(descriptor_);
  return true;
}

bool ReopeningFile::isReplaced() const {
  if (failsWhenRemoved_) return false;
  struct stat status {};
  return ::fstat(descriptor_, &status) != 0 || status.st_nlink == 0;
}

void ReopeningFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

FileResult readWholeFile(const std::string& path, std::string& out, std::string& error) {
  constexpr size_t kMaxBytes = size_t{4} << 20;
  const Descriptor file(openForReading(path));
  if (!file.isOpen()) return fail(path, errno, error);
  std::string text;
  std::array<char, 4096> chunk{};
  ssize_t count = 0;
  while (text.size() <= kMaxBytes) {
    count = readAt(file.number(), chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
    if (count <= 0) break;
    text.append(chunk.data(), static_cast<size_t>(count));
  }
  if (count < 0) return fail(path, errno, error);
  if (count > 0) return failTooLong(path, error);
  out = std::move(text);
  return FileResult::kRead;
}

bool isDirectory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace ebbcache
