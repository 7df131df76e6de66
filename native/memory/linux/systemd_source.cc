#include "memory/linux/systemd_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "memory/linux/psi_trigger.h"

namespace ebbcache {
namespace {

/// Removes the common prefix of `bytes` and `echo` from both: `echo` is what may be read back.
void cutEcho(std::string_view& bytes, std::string& echo) {
  const size_t most = std::min(bytes.size(), echo.size());
  const auto* const differs =
      std::mismatch(bytes.begin(), bytes.begin() + most, echo.begin()).first;
  const auto same = static_cast<size_t>(differs - bytes.begin());
  bytes.remove_prefix(same);
  echo.erase(0, same);
  // Somebody else has read the rest.
  if (!bytes.empty()) echo.clear();
}

}  // namespace

bool SystemdSource::open() {
  if (descriptor_.isOpen()) return true;
  struct stat status {};
  if (::stat(request_.path.c_str(), &status) != 0) return false;
  const bool opened = S_ISSOCK(status.st_mode) ? openSocket() : openFile();
  if (!opened) descriptor_.close();
  return opened;
}

bool SystemdSource::openFile() {
  const std::string& bytes = request_.toWrite;
  // The copy comes first because it needs the heap.
  echo_ = bytes;
  // The FIFO is opened for writing too: otherwise it would be at its end whenever the last of its
  // writers closes it.
  descriptor_ =
      Descriptor(::open(request_.path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!descriptor_.isOpen() || ::fstat(descriptor_.number(), &status) != 0) return false;
  if (S_ISREG(status.st_mode)) {
    kind_ = Kind::kPsiFile;
    return !bytes.empty() && armTrigger(descriptor_.number(), bytes);
  }
  if (!S_ISFIFO(status.st_mode)) return false;
  kind_ = Kind::kFifo;
  return bytes.empty() || ::write(descriptor_.number(), bytes.data(), bytes.size()) ==
                              static_cast<ssize_t>(bytes.size());
}

bool SystemdSource::openSocket() {
  kind_ = Kind::kSocket;
  echo_.clear();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (request_.path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, request_.path.data(), request_.path.size());
  descriptor_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor_.isOpen()) return false;
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(descriptor_.number(), name, sizeof address) != 0) return false;
  const std::string& bytes = request_.toWrite;
  return bytes.empty() || ::send(descriptor_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                              static_cast<ssize_t>(bytes.size());
}

short SystemdSource::events() const {
  return kind_ == Kind::kPsiFile ? POLLPRI : POLLIN;
}

bool SystemdSource::isWarning(Clock::time_point now, short found) {
  if (found == 0) return false;
  const bool ended = (found & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  const bool warned = kind_ == Kind::kPsiFile ? !ended : drain();
  if (ended) descriptor_.close();
  if (warned) quietUntil_ = now + quietTime_;
  return warned;
}

/// Returns true where there was something to read. It stops after 1 MiB of a sender that never
/// stops, which is as much as a pipe may hold: the bytes that were there at first are one warning.
bool SystemdSource::drain() {
  constexpr int kMaxReads = 256;
  std::array<char, 4096> chunk{};
  bool warned = false;
  for (int i = 0; i < kMaxReads; ++i) {
    const ssize_t count = ::read(descriptor_.number(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      descriptor_.close();
      break;
    }
    std::string_view bytes(chunk.data(), static_cast<size_t>(count));
    cutEcho(bytes, echo_);
    if (!bytes.empty()) warned = true;
  }
  return warned;
}

}  // namespace ebbcache
