#include "memory/linux/psi_trigger.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "memory/linux/file_system.h"

namespace ebbcache {
namespace {

using namespace std::string_view_literals;

/// The NUL is written too: the kernel puts one in the place of the last byte.
constexpr std::string_view kStallTrigger = "some 100000 2000000\0"sv;

}  // namespace

bool armTrigger(int descriptor, std::string_view trigger) {
  if (!isKernelFile(descriptor)) return false;
  return ::write(descriptor, trigger.data(), trigger.size()) ==
         static_cast<ssize_t>(trigger.size());
}

Descriptor openStallTrigger(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.isOpen()) return {};
  const bool armed = armTrigger(file.number(), kStallTrigger);
  return armed ? std::move(file) : Descriptor();
}

}  // namespace ebbcache
